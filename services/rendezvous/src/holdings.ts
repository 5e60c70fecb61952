import { Callers } from './callers.js';
import { monotonicClock } from './clock.js';
import { Counters } from './counters.js';
import { PeerTable } from './peer-table.js';
import { UdpOutlet } from './udp-outlet.js';

/** What this replica holds in its own memory: the peers it hears, the callers that wait here, counts. */
export interface Holdings {
  readonly peers: PeerTable;
  readonly callers: Callers;
  readonly counters: Counters;
  readonly outlet: UdpOutlet;
}

/** `silentAfterMs`: see PeerTable. */
export function newHoldings(silentAfterMs: number): Holdings {
  return {
    peers: new PeerTable(monotonicClock, silentAfterMs),
    callers: new Callers(),
    counters: new Counters(),
    outlet: new UdpOutlet(),
  };
}
