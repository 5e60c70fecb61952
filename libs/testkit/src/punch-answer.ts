import { PunchHoleFailure, type RendezvousMessage } from '@waystation/wire';
import { CallFailed, type FailureReason } from './call-failed.js';
import { hear, type Heard } from './conversation.js';
import { NothingCame } from './inbox.js';
import type { Leg } from './leg.js';

/** The two messages that answer a caller. */
export type PunchAnswer = Extract<
  RendezvousMessage,
  { name: 'punchHoleResponse' | 'relayResponse' }
>;

/**
 * Waits for one answer the way clients do: exactly one KeyExchange is skipped (by clients that know it),
 * any other message, an empty one too, costs the attempt like silence.
 */
export async function hearAnswer(
  leg: Leg,
  waitMs: number,
  skipsKeyExchange: boolean,
): Promise<PunchAnswer | 'silence' | 'ended'> {
  const deadline = performance.now() + waitMs;
  let heard = await hearOrSilence(leg, waitMs);
  if (skipsKeyExchange && heard !== 'silence' && heard.name === 'keyExchange') {
    heard = await hearOrSilence(leg, Math.max(deadline - performance.now(), 1));
  }
  if (heard === 'silence') return 'silence';
  if (heard.name === 'ended') return 'ended';
  return heard.name === 'punchHoleResponse' || heard.name === 'relayResponse' ? heard : 'silence';
}

/** What a client shows for a refusal; undefined when the answer is a way to the device. */
export function refusal(answer: PunchAnswer): CallFailed | undefined {
  if (answer.name === 'relayResponse' || answer.value.socketAddr.length > 0) return undefined;
  if (answer.value.otherFailure !== '') return new CallFailed('refused', answer.value.otherFailure);
  const [reason, text] = FAILURES.get(answer.value.failure) ?? ['refused', 'unknown failure'];
  return new CallFailed(reason, text);
}

const FAILURES = new Map<number, [FailureReason, string]>([
  [PunchHoleFailure.ID_NOT_EXIST, ['id-not-exist', 'ID does not exist']],
  [PunchHoleFailure.OFFLINE, ['offline', 'Remote desktop is offline']],
  [PunchHoleFailure.LICENSE_MISMATCH, ['key-mismatch', 'Key mismatch']],
  [PunchHoleFailure.LICENSE_OVERUSE, ['key-overuse', 'Key overuse']],
]);

async function hearOrSilence(leg: Leg, waitMs: number): Promise<Heard | 'silence'> {
  try {
    return await hear(leg, waitMs);
  } catch (error) {
    if (error instanceof NothingCame) return 'silence';
    throw error;
  }
}
