import {
  BadRequestException,
  Controller,
  Get,
  NotFoundException,
  Param,
  Patch,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ForOperators } from '../accounts/access.guard.js';
import { type Fields, fieldsOf, optionalText, text, textList } from '../http/fields.js';
import { JsonBody, parseJson } from '../http/json-body.js';
import { DeleteOk, PostOk, PutOk } from '../http/ok.js';
import { Refusal } from '../http/refusal.js';
import type { StrategyTable } from '../store/device-tables.js';
import { StrategyStore } from '../store/strategy-store.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';

const MAX_TARGETS = 10_000;
const MAX_VALUE_CHARS = 4096;

/** Settings that devices are given. */
@Controller('api/strategies')
@ApiTags('strategies')
@ForOperators('strategies', 'rw')
export class StrategiesController {
  constructor(private readonly strategies: StrategyStore) {}

  @Get()
  @ForOperators('strategies', 'r')
  @Describe('List strategies, all of them at once')
  async list(): Promise<object[]> {
    return (await this.strategies.list()).map(view);
  }

  @Get(':guid')
  @ForOperators('strategies', 'r')
  @Describe('Show a strategy')
  async show(@Param('guid') guid: string): Promise<object> {
    const found = await this.strategies.byGuid(guid);
    if (found === undefined) throw new NotFoundException('There is no such strategy');
    return view(found);
  }

  @PostOk()
  @Audited('strategy', 'addStrategy')
  @Describe('Add a strategy', { name: 'text', options: 'object' })
  async create(@JsonBody() body: unknown): Promise<object> {
    const fields = fieldsOf(body);
    const name = text(fields, 'name').trim();
    if (name === '') throw new BadRequestException('A strategy needs a name');
    const guid = await this.strategies.create(name, optionsOf(fields['options']));
    if (guid === undefined) throw new Refusal('There is a strategy of this name', 409);
    return { guid };
  }

  @PostOk('assign')
  @Audited('strategy', 'assignStrategy')
  @Describe('Give a strategy to devices, users and device groups; without one take theirs away', {
    'strategy?': 'text',
    'peers?': 'texts',
    'users?': 'texts',
    'groups?': 'texts',
  })
  async assign(@JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const guid = optionalText(fields, 'strategy') ?? '';
    if (guid !== '') await this.show(guid);
    const targets = (name: string): string[] => textList(fields[name] ?? [], MAX_TARGETS);
    await this.strategies.assign(guid === '' ? null : guid, {
      deviceGuids: targets('peers'),
      userGuids: targets('users'),
      deviceGroupGuids: targets('groups'),
    });
  }

  @Patch(':guid')
  @Audited('strategy', 'updateStrategy')
  @Describe('Replace the options of a strategy', { options: 'object' })
  async update(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<void> {
    const options = optionsOf(fieldsOf(body)['options']);
    if (!(await this.strategies.update(guid, { options }))) {
      throw new NotFoundException('There is no such strategy');
    }
  }

  @PutOk(':guid/status')
  @Audited('strategy', 'switchStrategy')
  @Describe('Switch a strategy on or off', 'yes or no')
  async setStatus(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<void> {
    if (typeof body !== 'boolean') throw new BadRequestException('true or false is expected');
    if (!(await this.strategies.update(guid, { enabled: body ? 1 : 0 }))) {
      throw new NotFoundException('There is no such strategy');
    }
  }

  @DeleteOk(':guid')
  @Audited('strategy', 'deleteStrategy')
  @Describe(
    'Delete a strategy; devices take back its settings, or get those of the next one that is for them, with their next heartbeat',
  )
  async remove(@Param('guid') guid: string): Promise<void> {
    if (!(await this.strategies.remove(guid))) {
      throw new NotFoundException('There is no such strategy');
    }
  }
}

/** Everything as text: one other value would make devices drop the whole strategy. */
function optionsOf(value: unknown): Record<string, string> {
  const options: Fields = fieldsOf(value);
  const entries = Object.entries(options).map(([name, one]): [string, string] => {
    const plain = typeof one === 'boolean' ? (one ? 'Y' : 'N') : one;
    const isText = typeof plain === 'string' || typeof plain === 'number';
    if (!isText || !/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
      throw new BadRequestException(`${name} is no option with a text`);
    }
    return [name, text({ value: String(plain) }, 'value', MAX_VALUE_CHARS)];
  });
  return Object.fromEntries(entries);
}

function view(strategy: StrategyTable): object {
  return {
    guid: strategy.guid,
    name: strategy.name,
    status: strategy.enabled,
    options: fieldsOf(parseJson(strategy.options)),
    modified_at: strategy.modified_at,
  };
}
