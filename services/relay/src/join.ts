import { decodeMessage, WireError } from '@waystation/wire';
import type { RendezvousMessage } from '@waystation/wire';

/** Clients send 36 characters; the rest is room for others, bounded because it becomes a map key. */
const LONGEST_UUID = 128;

/** What a leg says when it joins. */
export interface Join {
  readonly uuid: string;
  /** Only a caller names the id it wants. */
  readonly id: string;
}

/** Tells whether a licence key is the right one. */
export interface KeyCheck {
  accepts(licenceKey: string): boolean;
}

/** Reads the first message of a leg, or says why it is none. The key comes before everything else it says. */
export function readJoin(payload: Buffer, key: KeyCheck): Join | 'not-a-join' | 'bad-key' {
  const message = decoded(payload);
  if (message?.name !== 'requestRelay') return 'not-a-join';
  const { licenceKey, uuid, id } = message.value;
  if (!key.accepts(licenceKey)) return 'bad-key';
  if (uuid === '' || uuid.length > LONGEST_UUID) return 'not-a-join';
  return { uuid, id };
}

function decoded(payload: Buffer): RendezvousMessage | undefined {
  try {
    return decodeMessage(payload);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
