import type { ControlRoles, RoleBits } from '@waystation/state';

/** Between two looks whether roles have changed; with the api's second, a change takes hold in 5 s. */
const LOOK_MS = 1000;

/**
 * What callees are told to allow each caller (api 4.4). A copy of what the api publishes is held here,
 * no longer than the list of users with a role, so that no caller waits for it. While Redis is away, or
 * has lost the list and the api has not told it again, the roles known last go on to count.
 */
export class CallerRoles {
  #bits: RoleBits = { revision: '', notLogged: 0n, default: 0n, users: new Map() };
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(
    private readonly published: Pick<ControlRoles, 'revision' | 'read'>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Knows the roles when it is done. Rejects when Redis cannot be asked. */
  async start(): Promise<void> {
    await this.#catchUp();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether it matters who a caller is: then his login has to be looked up. */
  get dependOnLogin(): boolean {
    return this.#bits.users.size > 0 || this.#bits.default !== this.#bits.notLogged;
  }

  /** A bitmap, 0 for nothing to tell. `user` is a guid, undefined for a caller not known to be logged in. */
  permissionsOf(user: string | undefined): bigint {
    if (user === undefined) return this.#bits.notLogged;
    return this.#bits.users.get(user) ?? this.#bits.default;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#catchUp();
    } catch (error) {
      this.failed(error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #catchUp(): Promise<void> {
    const revision = await this.published.revision();
    if (revision === '' || revision === this.#bits.revision) return;
    const read = await this.published.read();
    if (read.revision !== '') this.#bits = read;
  }
}
