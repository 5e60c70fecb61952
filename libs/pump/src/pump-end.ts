/** Why a pair ended. */
export type PumpEndReason = 'closed' | 'error' | 'idle' | 'killed';

/** How a pair ended and what it carried. */
export interface PumpEnd {
  /**
   * `closed`: a client hung up; `error`: a connection was reset or lost; `idle`: no byte either way
   * for the idle limit; `killed`: by `close()` or because the pump stopped.
   */
  readonly reason: PumpEndReason;
  /** The leg that ended it, when one did. */
  readonly by: 'a' | 'b' | undefined;
  /** What `close()` was given. */
  readonly detail: string | undefined;
  readonly bytesAtoB: number;
  readonly bytesBtoA: number;
}

/** The reasons as they travel through shared memory: the index is the number. */
export const END_REASONS: readonly PumpEndReason[] = ['closed', 'error', 'idle', 'killed'];

/** The legs as they travel through shared memory. */
export const END_LEGS: readonly PumpEnd['by'][] = [undefined, 'a', 'b'];
