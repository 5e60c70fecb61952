import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RegistryClient, RegistryUnavailable } from '@waystation/bus';
import { PendingDevices } from '@waystation/state';
import { RegisterPkResult } from '@waystation/wire';
import { ForOperators } from '../accounts/access.guard.js';
import { DeleteOk, PostOk } from '../http/ok.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';

const CONFLICT = 409;

/** New devices that wait to be let in, where REQUIRE_APPROVAL is on. */
@Controller('api/v1/pending-devices')
@ApiTags('devices')
@ForOperators('devices', 'rw')
export class PendingDevicesController {
  constructor(
    private readonly pending: PendingDevices,
    private readonly registry: RegistryClient,
  ) {}

  @Get()
  @ForOperators('devices', 'r')
  @Describe('List devices that wait to be let in, the one that asked last first')
  async list(@PageQuery() { offset, limit }: Page): Promise<Paged<object>> {
    const { total, data } = await this.pending.page(offset, limit);
    const rows = data.map(({ id, uuid, ip, askedAt }) => ({
      id,
      uuid: uuid.toString('base64'),
      ip,
      asked_at: askedAt,
    }));
    return { total, data: rows };
  }

  /** The device registers with its next try, which clients make every few seconds. */
  @PostOk(':id/approve')
  @Describe('Let a device in, with the key that it asked with')
  @Audited('device', 'addDevice')
  async approve(@Param('id') id: string): Promise<void> {
    const found = await this.pending.find(id);
    if (found === undefined) throw new NotFoundException('No such device waits');
    const { uuid, pk, ip } = found;
    const claim = { id, uuid, pk, ip, noRegisterDevice: false, isAdmitted: true };
    const { result } = await this.registry.claim(claim).catch((error: unknown) => {
      if (!(error instanceof RegistryUnavailable)) throw error;
      throw new Refusal('The registry does not answer; nothing was changed', CONFLICT);
    });
    if (result !== RegisterPkResult.OK)
      throw new Refusal('The registry refuses this device', CONFLICT);
  }

  @DeleteOk(':id')
  @Describe('Take a device off the list; it comes back on it when it asks again')
  async reject(@Param('id') id: string): Promise<void> {
    if (await this.pending.remove(id)) return;
    throw new NotFoundException('No such device waits');
  }
}
