import { Controller, Header } from '@nestjs/common';
import { type HeartbeatAnswer, Heartbeats } from '../devices/heartbeats.js';
import { Sysinfo } from '../devices/sysinfo.js';
import { ClientAddress } from '../http/client-address.js';
import { type Fields, fieldsOf, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';

/** Constant, so that clients 1.3.8 to 1.4.0 do not all send their sysinfo again after a restart. */
const SYSINFO_VERSION = '1';
const MAX_ID_CHARS = 253;
/** No device serves more callers at once. */
const MAX_CONNECTIONS = 1000;

/** What devices tell about themselves, without a login. */
@Controller('api')
export class DeviceController {
  constructor(
    private readonly heartbeats: Heartbeats,
    private readonly infos: Sysinfo,
  ) {}

  @PostOk('heartbeat')
  heartbeat(@JsonBody() body: unknown, @ClientAddress() address: string): Promise<HeartbeatAnswer> {
    const fields = fieldsOf(body);
    return this.heartbeats.answer({
      id: text(fields, 'id', MAX_ID_CHARS + 1),
      uuid: text(fields, 'uuid'),
      modifiedAt: timestamp(fields),
      connIds: connIds(fields),
      address,
    });
  }

  @PostOk('sysinfo')
  @Header('content-type', 'text/plain; charset=utf-8')
  sysinfo(@JsonBody() body: unknown, @ClientAddress() address: string): Promise<string> {
    return this.infos.take(fieldsOf(body), address);
  }

  @PostOk('sysinfo_ver')
  @Header('content-type', 'text/plain; charset=utf-8')
  sysinfoVersion(): string {
    return SYSINFO_VERSION;
  }
}

function timestamp(fields: Fields): number {
  const value = fields['modified_at'];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

function connIds(fields: Fields): number[] {
  const value = fields['conns'];
  if (!Array.isArray(value)) return [];
  const ids = (value as unknown[]).filter((id) => typeof id === 'number');
  return ids.filter((id) => id === (id | 0)).slice(0, MAX_CONNECTIONS);
}
