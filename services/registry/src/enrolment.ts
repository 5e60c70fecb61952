import type { ClaimRequest } from '@waystation/bus';
import type { PendingDevices, Probes } from '@waystation/state';

/** What the operator demands of devices that nobody knows yet. */
export interface EnrolmentRules {
  readonly requireDeployment: boolean;
  readonly requireApproval: boolean;
}

/** `open`: it may have the id. */
export type EnrolmentVerdict = 'open' | 'not-deployed' | 'pending' | 'uuid-mismatch';

/** Whether a device that is new here may come in. Known ones are never asked about. */
export class Enrolment {
  readonly #rules: EnrolmentRules;
  readonly #pending: PendingDevices;
  readonly #probes: Pick<Probes, 'device'>;

  constructor(rules: EnrolmentRules, pending: PendingDevices, probes: Pick<Probes, 'device'>) {
    this.#rules = rules;
    this.#pending = pending;
    this.#probes = probes;
  }

  /** With approval demanded the device waits in a list for an operator. Rejects when the storage fails. */
  async judge(claim: ClaimRequest): Promise<EnrolmentVerdict> {
    const { requireApproval, requireDeployment } = this.#rules;
    if (claim.isAdmitted === true || (!requireApproval && !requireDeployment)) return 'open';
    if (await this.#isOurProber(claim)) return 'open';
    if (!requireApproval) return 'not-deployed';
    return (await this.#pending.note(claim, Date.now())) ? 'pending' : 'uuid-mismatch';
  }

  /** It has its id now. */
  async admitted(id: string): Promise<void> {
    if (this.#rules.requireApproval) await this.#pending.remove(id);
  }

  /** The prober of this stack, by the uuid that nobody else can know. */
  async #isOurProber({ id, uuid }: ClaimRequest): Promise<boolean> {
    const device = await this.#probes.device();
    return device.id === id && device.uuid.equals(uuid);
  }
}
