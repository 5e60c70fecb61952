import { BadRequestException } from '@nestjs/common';
import type { ServerKey } from '@waystation/state';
import { fieldsOf, optionalText } from '../http/fields.js';
import type { ClientConfig } from '@waystation/wire';

/** How the console was reached, as far as proxies that we trust tell. */
export interface Visit {
  readonly protocol: string;
  readonly headers: { readonly host?: string | undefined };
}

const HOST = /^[A-Za-z0-9._:[\]-]{1,253}$/;
const API = /^https?:\/\/[^\s"'<>]{1,253}$/;

/** Makes the configuration of clients from settings, the server's key and what somebody asks for. */
export class ClientConfigs {
  constructor(
    private readonly serverKey: ServerKey,
    private readonly config: { readonly host: string },
  ) {}

  /** Throws BadRequestException for a host or an address that cannot be one. */
  async make(query: unknown, visit: Visit): Promise<ClientConfig> {
    const fields = fieldsOf(query);
    const wish = (name: string, form: RegExp, otherwise: string): string => {
      const value = optionalText(fields, name) ?? otherwise;
      if (value === '' || form.test(value)) return value;
      throw new BadRequestException(`${name} cannot be used`);
    };
    const facts = await this.serverKey.read();
    return {
      host: wish('host', HOST, this.#host(visit)),
      relay: wish('relay', HOST, ''),
      api: wish('api', API, apiOf(visit)),
      key: facts?.publicKey.toString('base64') ?? '',
    };
  }

  /** Where the console is, the server is, unless a setting says better. */
  #host({ headers }: Visit): string {
    if (this.config.host !== '') return this.config.host;
    return (headers.host ?? '').replace(/:\d+$/, '');
  }
}

/** Clients find a plain api by themselves; one behind TLS they have to be told. */
function apiOf({ protocol, headers }: Visit): string {
  return protocol === 'https' && headers.host !== undefined ? `https://${headers.host}` : '';
}
