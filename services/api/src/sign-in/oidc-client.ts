import type { OidcProvider } from '@waystation/config';
import * as oidc from 'openid-client';
import type { ExternalPerson } from '../accounts/external-accounts.js';

/** What a provider publishes about itself is asked for again after this time. */
const DISCOVERY_MS = 3_600_000;
/** For each request to the provider; the client's own patience is 12 s. */
const TIMEOUT_S = 5;
const MAX_GROUPS = 2000;

/** What ties the browser's return to the client's question. */
export interface OidcChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** One provider: authorization code with PKCE, and an ID token whose signature is verified. */
export class OidcClient {
  #found: { readonly at: number; readonly configuration: Promise<oidc.Configuration> } | undefined;

  constructor(readonly provider: OidcProvider) {}

  /** Where the browser has to go. Rejects when the provider cannot be reached. */
  async authorizationUrl(redirectUri: string, checks: OidcChecks): Promise<string> {
    const configuration = await this.#configuration();
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.provider.scopes,
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  /**
   * Who came back. `returned` is the redirect address with everything that the browser brought.
   * Rejects when anything about it is wrong: state, issuer, nonce, audience, signature, time.
   */
  async personOf(returned: URL, checks: OidcChecks): Promise<ExternalPerson> {
    const configuration = await this.#configuration();
    const tokens = await oidc.authorizationCodeGrant(configuration, returned, {
      expectedState: checks.state,
      expectedNonce: checks.nonce,
      pkceCodeVerifier: checks.verifier,
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new Error('the provider sent no ID token');
    const more = await this.#userInfo(configuration, tokens.access_token, claims);
    return this.#person(claims.sub, { ...more, ...claims });
  }

  /** Only asked when the ID token says too little: some providers keep it short. */
  async #userInfo(
    configuration: oidc.Configuration,
    accessToken: string,
    claims: oidc.IDToken,
  ): Promise<Record<string, unknown>> {
    const { usernameClaim, emailClaim, groupsClaim } = this.provider;
    const wanted = [usernameClaim, emailClaim, groupsClaim];
    if (wanted.every((name) => claims[name] !== undefined)) return {};
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
    return oidc.fetchUserInfo(configuration, accessToken, claims.sub);
  }

  #person(subject: string, claims: Record<string, unknown>): ExternalPerson {
    const { issuer, usernameClaim, emailClaim, displayNameClaim, groupsClaim } = this.provider;
    const text = (name: string): string => textOf(claims[name]);
    const email = text(emailClaim);
    return {
      source: `oidc ${issuer}`,
      subject,
      username: text(usernameClaim) || email.split('@')[0] || subject,
      email,
      emailVerified: claims['email_verified'] === true,
      displayName: text(displayNameClaim),
      groups: groupsOf(claims[groupsClaim]),
    };
  }

  /** The newest answer of the provider's discovery; a failure is not remembered. */
  #configuration(): Promise<oidc.Configuration> {
    const now = Date.now();
    if (this.#found !== undefined && now - this.#found.at < DISCOVERY_MS) {
      return this.#found.configuration;
    }
    const found = { at: now, configuration: this.#discover() };
    this.#found = found;
    found.configuration.catch(() => {
      if (this.#found === found) this.#found = undefined;
    });
    return found.configuration;
  }

  #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.provider;
    const authentication = clientSecret === '' ? oidc.None() : undefined;
    // http is left to providers on this machine, see libs/config
    const execute = [oidc.enableNonRepudiationChecks];

    if (issuer.startsWith('http://')) execute.push(oidc.allowInsecureRequests);
    return oidc.discovery(new URL(issuer), clientId, clientSecret || undefined, authentication, {
      execute,
      timeout: TIMEOUT_S,
    });
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A list of names, or one name; with a leading slash as Keycloak writes paths, and without. */
function groupsOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value.slice(0, MAX_GROUPS) : [value];
  const names = list.filter((entry): entry is string => typeof entry === 'string');
  return names.map((name) => name.replace(/^\//, ''));
}
