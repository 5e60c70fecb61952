import {
  BadRequestException,
  Controller,
  Get,
  Query,
  ServiceUnavailableException,
} from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import { normaliseIp } from '@waystation/wire';
import { ForOperators } from '../accounts/access.guard.js';
import { text } from '../http/fields.js';
import type { Paged } from '../http/page.js';
import { Describe } from './describe.js';
import { RelayList } from './relay-list.js';

/** Relays, as they make themselves known. */
@Controller('api/v1/relays')
@ApiTags('relays')
@ForOperators('audits', 'r')
export class RelaysController {
  constructor(private readonly relays: RelayList) {}

  @Get()
  @Describe('List the relays that live now, with load, region, version and whether they drain')
  async list(): Promise<Paged<object>> {
    const data = await this.relays.list();
    return { total: data.length, data };
  }

  @Get('explain')
  @Describe('Show which relay a caller from an address would be given now, and why not the others')
  @ApiQuery({ name: 'ip', description: 'address of the caller' })
  async explain(@Query() query: Record<string, unknown>): Promise<object> {
    const ip = normaliseIp(text(query, 'ip'));
    if (ip === undefined) throw new BadRequestException('ip is an IP address');
    const choice = await this.relays.explain(ip);
    if (choice !== undefined) return choice;
    throw new ServiceUnavailableException('No rendezvous answers');
  }
}
