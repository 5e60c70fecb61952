import { silent, type ImportOutcome, type Log } from '@waystation/state';
import { firstValueFrom, timeout } from 'rxjs';
import { NestRedisClient, nestRedisOptions } from './nest-redis.js';
import {
  packClaim,
  packImport,
  packKeys,
  packRename,
  registryCalls,
  unpackClaimAnswer,
  unpackImportAnswer,
  unpackKeys,
  type ChangeAnswer,
  type ClaimAnswer,
  type ClaimRequest,
  type ImportRequest,
  type RenameRequest,
} from './registry-calls.js';

/** No answer in time, too many calls on their way, or Redis is away. Nothing is known of the outcome. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable';
}

/** Limits of a client. */
export interface RegistryClientOptions {
  /** A call without an answer fails after this long; default 2,000 ms. */
  readonly timeoutMs?: number;
  /** More calls than this at once fail immediately; default 512. */
  readonly maxInFlight?: number;
  /** Hears once of every silence of the registry, and of its end. */
  readonly log?: Log;
}

/**
 * Calls on their way at once while the last one had no answer: a frozen Redis must not collect
 * thousands of calls that it would hand on when nobody waits for them any more.
 */
const PROBES = 8;

type Call = (typeof registryCalls)[keyof typeof registryCalls];

/** Calls to the registry. Every method throws RegistryUnavailable, and works again when Redis does. */
export class RegistryClient {
  readonly #client: NestRedisClient;
  readonly #timeoutMs: number;
  readonly #maxInFlight: number;
  readonly #log: Log;
  #inFlight = 0;
  #silent = false;

  /** `url` is REDIS_URL. Connects at the first call, or at `start`. */
  constructor(url: string, options: RegistryClientOptions = {}) {
    this.#client = new NestRedisClient(nestRedisOptions(url));
    this.#timeoutMs = options.timeoutMs ?? 2_000;
    this.#maxInFlight = options.maxInFlight ?? 512;
    this.#log = options.log ?? silent;
  }

  /** Connects ahead of the first call. Throws RegistryUnavailable when Redis cannot be reached. */
  async start(): Promise<void> {
    try {
      await this.#client.connect();
    } catch (error) {
      throw new RegistryUnavailable('Redis cannot be reached', { cause: error });
    }
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  /** Calls on their way now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** A RegisterPk without `old_id`. Empty uuid or pk is for the caller to refuse (silence on UDP). */
  async claim(request: ClaimRequest): Promise<ClaimAnswer> {
    return answered(unpackClaimAnswer(await this.#call(registryCalls.claim, packClaim(request))));
  }

  /** A RegisterPk with `old_id`. */
  async rename(request: RenameRequest): Promise<ClaimAnswer> {
    return answered(unpackClaimAnswer(await this.#call(registryCalls.rename, packRename(request))));
  }

  /**
   * Signs X25519 public keys (32 bytes each, at most 256) for secure TCP: 96 bytes each, in order.
   * Empty if the server has no signing key.
   */
  async signBoxKeys(publicKeys: readonly Uint8Array[]): Promise<Buffer[]> {
    return answered(unpackKeys(await this.#call(registryCalls.signBoxKeys, packKeys(publicKeys))));
  }

  /** Shuts a device out or lets it in again; all replicas hear of it. */
  async setDisabled(id: string, disabled: boolean): Promise<ChangeAnswer> {
    return answered(changeAnswer(await this.#call(registryCalls.setDisabled, { id, disabled })));
  }

  /** Forgets an id, which anybody may claim then; all replicas hear of it. */
  async remove(id: string): Promise<ChangeAnswer> {
    return answered(changeAnswer(await this.#call(registryCalls.remove, { id })));
  }

  /**
   * Puts at most MAX_IMPORTS identities from elsewhere into their places, signed by this server's
   * key; the outcomes are in their order. Repeating it changes nothing.
   */
  async importIdentities(request: ImportRequest): Promise<ImportOutcome[]> {
    const answer = await this.#call(registryCalls.import, packImport(request));
    return answered(unpackImportAnswer(answer, request.identities.length));
  }

  async #call(call: Call, payload: object): Promise<unknown> {
    const cap = this.#silent ? Math.min(PROBES, this.#maxInFlight) : this.#maxInFlight;
    if (this.#inFlight >= cap) {
      throw new RegistryUnavailable(`${this.#inFlight} calls to the registry have no answer yet`);
    }
    this.#inFlight++;
    try {
      const answer = this.#client.send<unknown, object>(call, payload);
      const value = await firstValueFrom(answer.pipe(timeout(this.#timeoutMs)));
      this.#answered();
      return value;
    } catch (error) {
      this.#unanswered(call, error);
      throw new RegistryUnavailable(`${call} has no answer`, { cause: error });
    } finally {
      this.#inFlight--;
    }
  }

  #answered(): void {
    if (this.#silent) this.#log.info('the registry answers again');
    this.#silent = false;
  }

  #unanswered(call: Call, error: unknown): void {
    if (!this.#silent) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn('the registry does not answer: new devices and changes of ids have to wait', {
        call,
        reason,
      });
    }
    this.#silent = true;
  }
}

function answered<T>(answer: T | undefined): T {
  if (answer === undefined) throw new RegistryUnavailable('the answer cannot be read');
  return answer;
}

function changeAnswer(value: unknown): ChangeAnswer | undefined {
  if (typeof value !== 'object' || value === null || !('found' in value)) return undefined;
  return { found: value.found === true };
}
