import { limiterKey } from '@waystation/wire';
import { type Log, reasonOf } from '@waystation/ops';
import type { ExternalAccounts, ExternalPerson } from '../accounts/external-accounts.js';
import type { LoginDevice } from '../accounts/login-tokens.js';
import type { Login } from '../accounts/login.js';
import { hashSecret, newSecret } from '../accounts/secrets.js';
import { Refusal } from '../http/refusal.js';
import type { UserTable } from '../store/account-tables.js';
import type { OidcLoginStore } from '../store/oidc-login-store.js';
import type { OidcLoginTable } from '../store/sign-in-tables.js';
import type { Vault } from '../store/vault.js';
import { externalAnswer } from '../accounts/login-answer.js';
import type { OidcClient } from './oidc-client.js';
import { CALLBACK, type OidcProviders } from './oidc-providers.js';

/** Clients ask for three minutes; what takes longer has been given up. */
const LIFETIME_MS = 5 * 60_000;
/** A lost answer is asked for again within this time. */
const REPEAT_MS = 10_000;
/** Sign-ins that wait at once: an office behind one address, and everybody. */
const MAX_HERE = 200;
const MAX_ALL = 10_000;

/** The phrase that makes clients ask again; every other text ends their asking. */
const WAITING = 'No authed oidc is found';
const ELSEWHERE = 'This sign-in was begun in another browser';
const OVER = 'This sign-in is unknown or over';

/** Who wants to sign in on what, and from where. */
export interface OidcQuestion {
  readonly op: string;
  readonly device: LoginDevice;
  /** What the device says of itself. */
  readonly deviceName: string;
  readonly apiDomain: string;
  readonly address: string;
  /** Of the browser that asks for itself; a client has none. */
  readonly browserHash?: string;
}

/** What the person at the browser is told. */
export type OidcReturn =
  /** Back to the console at this address, which asks what became of it. */
  | { readonly kind: 'console'; readonly address: string }
  | { readonly kind: 'done'; readonly name: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'ask';
      readonly confirm: string;
      readonly device: Pick<OidcLoginTable, 'device_id' | 'device_name' | 'address'>;
      readonly name: string;
    };

/** Sign-ins that begin at a client, go through a browser and end at the client. */
export class OidcLogins {
  constructor(
    private readonly providers: OidcProviders,
    private readonly store: OidcLoginStore,
    private readonly accounts: ExternalAccounts,
    private readonly logins: Login,
    private readonly vault: Vault,
    private readonly log: Log,
  ) {}

  /** The code that the client asks with, and where its browser has to go. Throws Refusal. */
  async begin(question: OidcQuestion): Promise<{ code: string; url: string }> {
    const client = this.providers.byName(question.op);
    if (client === undefined) throw new Refusal('There is no such sign-in provider');
    const now = Date.now();
    const address = limiterKey(question.address);
    const waiting = await this.store.waiting(address, now);
    if (waiting.here >= MAX_HERE || waiting.all >= MAX_ALL) {
      throw new Refusal('Too many sign-ins are waiting, please try again later');
    }
    const [code, state, nonce] = [newSecret('o_'), newSecret(''), newSecret('')];
    const verifier = newSecret('');
    const redirectUri = this.providers.redirectUri(question.apiDomain);
    const url = await this.#url(client, redirectUri, { state, nonce, verifier });
    await this.store.add({
      code_hash: hashSecret(code),
      state_hash: hashSecret(state),
      provider: client.provider.name,
      device_id: question.device.id,
      device_uuid: question.device.uuid,
      device_name: question.deviceName,
      address,
      redirect_uri: redirectUri,
      browser_hash: question.browserHash ?? '',
      nonce,
      verifier: this.vault.seal(verifier),
      stage: 'waiting',
      user_guid: null,
      confirm_hash: '',
      answer: '',
      answered_at: null,
      expires_at: now + LIFETIME_MS,
    });
    return { code, url };
  }

  /**
   * The browser is back. `address` is the browser's: one that is not the client's is asked first
   * whether the person knows that client, because a stranger may have sent the link. A sign-in that a
   * browser began for itself counts in that browser alone.
   */
  async returned(
    state: string,
    query: string,
    { address, browserHash }: { readonly address: string; readonly browserHash: string },
  ): Promise<OidcReturn> {
    const row = await this.store.takeState(hashSecret(state), Date.now());
    const client = row === undefined ? undefined : this.providers.byName(row.provider);
    if (row === undefined || client === undefined) return { kind: 'refused', reason: OVER };
    if (row.browser_hash !== '') {
      if (row.browser_hash === browserHash) return this.#toConsole(client, row, state, query);
      await this.#checked(row, { stage: 'failed', answer: ELSEWHERE });
      return { kind: 'refused', reason: ELSEWHERE };
    }
    try {
      const user = await this.#userOf(client, row, state, query);
      return await this.#settle(row, user, address);
    } catch (error) {
      const reason = this.#reason(row, error);
      await this.#checked(row, { stage: 'failed', answer: reason });
      return { kind: 'refused', reason };
    }
  }

  /** The console asks what became of it, so both ends lead back there. */
  async #toConsole(
    client: OidcClient,
    row: OidcLoginTable,
    state: string,
    query: string,
  ): Promise<OidcReturn> {
    try {
      const user = await this.#userOf(client, row, state, query);
      await this.#checked(row, { stage: 'good', user_guid: user.guid });
    } catch (error) {
      await this.#checked(row, { stage: 'failed', answer: this.#reason(row, error) });
    }
    return { kind: 'console', address: row.redirect_uri.slice(0, -CALLBACK.length) };
  }

  /** The person has answered whether the waiting client is his; false when nobody asked. */
  async confirm(secret: string, yes: boolean): Promise<boolean> {
    const found = yes
      ? ({ stage: 'good', answer: '' } as const)
      : ({ stage: 'failed', answer: 'The sign-in was turned down in the browser' } as const);
    return this.store.confirm(hashSecret(secret), found, Date.now());
  }

  /** What the client learns when it asks; throws Refusal until there is something, and at the end. */
  async poll(code: string, device: LoginDevice): Promise<object> {
    const now = Date.now();
    const row = await this.store.byCode(hashSecret(code), now);
    if (row === undefined || row.device_id !== device.id || row.device_uuid !== device.uuid) {
      throw new Refusal(OVER);
    }
    switch (row.stage) {
      case 'waiting':
      case 'checking':
      case 'asking':
        throw new Refusal(WAITING);
      case 'failed':
        throw new Refusal(row.answer);
      case 'good':
        return row.answered_at === null ? this.#answer(row) : this.#repeat(row, now);
    }
  }

  async #url(client: OidcClient, redirectUri: string, checks: Checks): Promise<string> {
    try {
      return await client.authorizationUrl(redirectUri, checks);
    } catch (error) {
      this.log.warn('a sign-in provider cannot be used now', { ...nameOf(client), error });
      throw new Refusal('The sign-in provider cannot be reached, please try again later');
    }
  }

  async #userOf(
    client: OidcClient,
    row: OidcLoginTable,
    state: string,
    query: string,
  ): Promise<UserTable> {
    const returned = new URL(row.redirect_uri);
    returned.search = query;
    const verifier = this.vault.open(row.verifier);
    const person: ExternalPerson = await client.personOf(returned, {
      state,
      nonce: row.nonce,
      verifier,
    });
    const { provider } = client;
    const groups = Object.entries(provider.groups);
    const user = await this.accounts.accountOf(person, { ...provider, groups });
    this.logins.refuseShutOut(user);
    return user;
  }

  async #settle(row: OidcLoginTable, user: UserTable, address: string): Promise<OidcReturn> {
    const { name } = user;
    if (limiterKey(address) === row.address) {
      await this.#checked(row, { stage: 'good', user_guid: user.guid });
      return { kind: 'done', name };
    }
    const confirm = newSecret('');
    const confirm_hash = hashSecret(confirm);
    await this.#checked(row, { stage: 'asking', user_guid: user.guid, confirm_hash });
    return { kind: 'ask', confirm, device: row, name };
  }

  #checked(row: OidcLoginTable, found: Partial<Parameters<OidcLoginStore['checked']>[1]>) {
    const { stage = 'failed', user_guid = null, confirm_hash = '', answer = '' } = found;
    return this.store.checked(row.code_hash, { stage, user_guid, confirm_hash, answer });
  }

  #reason(row: OidcLoginTable, error: unknown): string {
    if (error instanceof Refusal) return error.message;
    // without the cause, which may hold tokens of the provider
    const reason = reasonOf(error);
    this.log.warn('a sign-in elsewhere failed', { provider: row.provider, error: reason });
    return 'The sign-in provider did not vouch for you, please try again';
  }

  /** The first answer makes the login; of two requests at once, one login is taken back. */
  async #answer(row: OidcLoginTable): Promise<object> {
    const device = { id: row.device_id, uuid: row.device_uuid };
    const outcome = await this.logins.withIdentity(row.user_guid ?? '', device);
    const answer = externalAnswer(outcome);
    const sealed = this.vault.seal(JSON.stringify(answer));
    const now = Date.now();
    if (await this.store.answer(row.code_hash, sealed, now)) return answer;
    if ('token' in outcome) await this.logins.takeBack(outcome.token);
    const first = await this.store.byCode(row.code_hash, now);
    if (first === undefined) throw new Refusal(OVER);
    return this.#repeat(first, now);
  }

  #repeat(row: OidcLoginTable, now: number): object {
    if (now - (row.answered_at ?? 0) > REPEAT_MS) throw new Refusal(OVER);
    return JSON.parse(this.vault.open(row.answer)) as object;
  }
}

type Checks = Parameters<OidcClient['authorizationUrl']>[1];

function nameOf({ provider }: OidcClient): { provider: string } {
  return { provider: provider.name };
}
