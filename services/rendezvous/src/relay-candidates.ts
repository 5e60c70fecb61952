import type { ReplicaInfo } from '@waystation/state';

/** A relay as clients see it: all replicas that share one public address. */
export interface RelayCandidate {
  /** `host:port`, as replicas announced it. */
  readonly address: string;
  readonly region: string;
  /** Sum over the replicas that take new sessions; 0 when none does. */
  readonly capacity: number;
  readonly load: number;
  readonly replicas: number;
  /** Why none of its replicas takes new sessions; undefined when one does. */
  readonly unfit: 'draining' | 'silent' | undefined;
}

/** What became of one candidate in one choice. */
export interface RelayVerdict {
  readonly address: string;
  readonly region: string;
  readonly replicas: number;
  /** Load for each unit of capacity, what was handed out since it last told its load included. */
  readonly share: number;
  readonly why: 'chosen' | 'busier' | 'draining' | 'silent' | 'other-region';
}

/** A choice and how it came about. */
export interface ExplainedChoice {
  /** Empty when there is nobody to choose. */
  readonly address: string;
  readonly wantedRegion: string;
  readonly verdicts: readonly RelayVerdict[];
}

/** What was given out before. */
export interface RelayPast {
  /** How often an address was handed out since its relay last told its load, roughly. */
  handedOut(address: string): number;
  /** Grows with every choice; 0 for an address never chosen. Of equals the longest unchosen is next. */
  lastTurn(address: string): number;
}

/** Puts replicas with one public address together; those that tell none cannot be handed out. */
export function candidatesOf(
  relays: readonly ReplicaInfo[],
  isSilent: (relay: ReplicaInfo) => boolean,
): RelayCandidate[] {
  const places = new Map<string, ReplicaInfo[]>();
  for (const relay of relays) {
    const address = relay.addresses['public'];
    if (address === undefined) continue;
    places.set(address, [...(places.get(address) ?? []), relay]);
  }
  return Array.from(places, ([address, replicas]) => candidate(address, replicas, isSilent));
}

function candidate(
  address: string,
  replicas: readonly ReplicaInfo[],
  isSilent: (relay: ReplicaInfo) => boolean,
): RelayCandidate {
  const awake = replicas.filter((relay) => !isSilent(relay));
  const fit = awake.filter(({ draining }) => !draining);
  return {
    address,
    region: (fit[0] ?? replicas[0])?.region ?? '',
    capacity: sum(fit.map((relay) => relay.capacity ?? 1)),
    load: sum(fit.map((relay) => relay.load)),
    replicas: fit.length,
    unfit: unfitness(awake.length, fit.length),
  };
}

function unfitness(awake: number, fit: number): RelayCandidate['unfit'] {
  if (fit > 0) return undefined;
  return awake > 0 ? 'draining' : 'silent';
}

/** The least loaded relay of the wanted region, or of all regions when that one has none to offer. */
export function chooseRelay(
  candidates: readonly RelayCandidate[],
  wantedRegion: string,
  past: RelayPast,
): ExplainedChoice {
  const share = ({ address, load, capacity }: RelayCandidate): number =>
    (load + past.handedOut(address)) / Math.max(capacity, Number.MIN_VALUE);
  const fit = candidates.filter(({ unfit }) => unfit === undefined);
  const near = fit.filter(({ region }) => region === wantedRegion);
  const pool = near.length > 0 ? near : fit;
  const [best] = [...pool].sort(
    (a, b) => share(a) - share(b) || past.lastTurn(a.address) - past.lastTurn(b.address),
  );
  const why = (one: RelayCandidate): RelayVerdict['why'] => {
    if (one === best) return 'chosen';
    if (one.unfit !== undefined) return one.unfit;
    return pool.includes(one) ? 'busier' : 'other-region';
  };
  const verdicts = candidates.map((one) => {
    const { address, region, replicas, unfit } = one;
    return { address, region, replicas, share: unfit ? 0 : share(one), why: why(one) };
  });
  return { address: best?.address ?? '', wantedRegion, verdicts };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
