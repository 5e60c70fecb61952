import { BadRequestException, Controller, Get, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { relayLists, type RelayList } from '@waystation/state';
import { formatNetwork, parseNetwork } from '@waystation/wire';
import { Caller, ForAdmins } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { type Fields, fieldsOf, text, textList } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk } from '../http/ok.js';
import { Describe } from './describe.js';
import { bandwidthFields, RelayAdmin } from './relay-admin.js';

const MOST_AT_ONCE = 1000;

/** What all relays keep to while they run. */
@Controller('api/v1/relay-settings')
@ApiTags('relays')
@ForAdmins()
export class RelaySettingsController {
  constructor(private readonly relays: RelayAdmin) {}

  @Get()
  @Describe(
    'Show lists and bandwidth as set for all relays; settings and files of each relay stand below',
  )
  show(): Promise<object> {
    return this.relays.show();
  }

  @PostOk(':list')
  @Describe(
    'Put addresses and networks on the blocklist (refused) or the blacklist (slowed down)',
    {
      networks: 'texts',
      'note?': 'text',
    },
  )
  add(
    @Caller() caller: SignedIn,
    @Param('list') list: string,
    @JsonBody() body: unknown,
  ): Promise<void> {
    const fields = fieldsOf(body);
    return this.relays.list(caller, listOf(list), networksOf(fields), text(fields, 'note'));
  }

  @DeleteOk(':list')
  @Describe('Take addresses and networks off the blocklist or the blacklist', { networks: 'texts' })
  remove(
    @Caller() caller: SignedIn,
    @Param('list') list: string,
    @JsonBody() body: unknown,
  ): Promise<void> {
    return this.relays.unlist(caller, listOf(list), networksOf(fieldsOf(body)));
  }

  @Patch('bandwidth')
  @Describe(
    'Set bandwidth numbers of all relays, in the units of the settings of these names; null gives one back to the settings',
    Object.fromEntries(
      Object.keys(bandwidthFields).map((name) => [`${name}?`, 'decimal'] as const),
    ),
  )
  bandwidth(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<void> {
    return this.relays.setBandwidth(caller, fieldsOf(body));
  }
}

function listOf(name: string): RelayList {
  const known = relayLists.find((list) => list === name);
  if (known === undefined) throw new BadRequestException('The lists are blocklist and blacklist');
  return known;
}

function networksOf(fields: Fields): string[] {
  const texts = textList(fields['networks'], MOST_AT_ONCE);
  if (texts.length === 0) throw new BadRequestException('networks is empty');
  return texts.map((one) => {
    const network = parseNetwork(one.trim());
    if (network === undefined) {
      throw new BadRequestException(`${one} is no address and no network such as 10.0.0.0/8`);
    }
    if (network.bits === 0) throw new BadRequestException(`${one} would be everybody`);
    return formatNetwork(network);
  });
}
