import type { OnApplicationBootstrap } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import type { ApiConfig } from '../api-config.js';
import type { PublicUrls } from './public-urls.js';
import { OidcClient } from './oidc-client.js';

/** Where providers send browsers back to, behind one of the public addresses. */
export const CALLBACK = '/api/oidc/callback';

/** The providers that the operator has named, and the addresses that they may send browsers to. */
export class OidcProviders implements OnApplicationBootstrap {
  readonly #clients: ReadonlyMap<string, OidcClient>;

  constructor(
    config: Pick<ApiConfig, 'oidcProviders'>,
    readonly urls: PublicUrls,
    private readonly log: Log,
  ) {
    this.#clients = new Map(
      config.oidcProviders.map((provider) => [provider.name, new OidcClient(provider)]),
    );
  }

  /** A provider that is away keeps nobody from starting, but the operator should know. */
  onApplicationBootstrap(): void {
    for (const name of this.#clients.keys()) {
      this.check(name).catch((error: unknown) => {
        this.log.warn('a sign-in provider cannot be used now', { provider: name, error });
      });
    }
  }

  /** Rejects with the reason when the provider cannot be used now. */
  async check(name: string): Promise<void> {
    const checks = { state: 'x', nonce: 'x', verifier: 'x'.repeat(43) };
    await this.byName(name)?.authorizationUrl(this.redirectUri(''), checks);
  }

  byName(name: string): OidcClient | undefined {
    return this.#clients.get(name);
  }

  /** Where the provider sends the browser; what a client names counts only when it is one of ours. */
  redirectUri(apiDomain: string): string {
    return `${this.urls.known(apiDomain) ?? this.urls.usual}${CALLBACK}`;
  }

  /** As clients of both generations want the list; empty without providers. */
  options(): string[] {
    const providers = [...this.#clients.values()].map(({ provider }) => provider);
    if (providers.length === 0) return [];
    const buttons = providers.map(({ name, icon }) => ({ name, icon: icon === '' ? null : icon }));
    return [
      `common-oidc/${JSON.stringify(buttons)}`,
      ...providers.map(({ name }) => `oidc/${name}`),
    ];
  }
}
