import type { ApiConfig } from '../api-config.js';

/** The addresses under which browsers reach this server; none of them ends in a slash. */
export class PublicUrls {
  /** Whether the operator has named them; else the one there is may be wrong behind a proxy. */
  readonly areNamed: boolean;
  readonly #all: readonly string[];

  constructor(config: Pick<ApiConfig, 'publicUrls' | 'host' | 'port' | 'basePath'>) {
    const { publicUrls, host, port, basePath } = config;
    this.areNamed = publicUrls.length > 0;
    this.#all = this.areNamed ? publicUrls : [`http://${host}:${port}${basePath}`];
  }

  /** The first. */
  get usual(): string {
    return this.#all[0] ?? '';
  }

  /** The address if it is one of them, however it ends. */
  known(address: string): string | undefined {
    const plain = address.replace(/\/+$/, '');
    return this.#all.includes(plain) ? plain : undefined;
  }
}
