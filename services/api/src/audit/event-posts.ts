import type { EventAuditStore } from '../store/event-audit-store.js';
import type { GenuineDevices } from '../devices/genuine-devices.js';
import { type Fields, fieldsOf, integer, text, unsignedText } from '../http/fields.js';
import { parseJson } from '../http/json-body.js';
import { nonceOf } from './conn-posts.js';

const MAX_ID_CHARS = 253;
const MAX_PATH_CHARS = 4096;
const MAX_INFO_CHARS = 8192;
/** The client names the ten largest. */
const MAX_FILES = 10;

/** Transferred files and alarms, as devices post them; posts of unknown devices are dropped. */
export class EventPosts {
  constructor(
    private readonly events: EventAuditStore,
    private readonly genuine: GenuineDevices,
  ) {}

  async takeFile(fields: Fields): Promise<void> {
    const id = text(fields, 'id', MAX_ID_CHARS);
    if (!(await this.genuine.has(id, text(fields, 'uuid')))) return;
    const info = infoOf(fields);
    const files = filesOf(info);
    const row = {
      device_id: id,
      peer_id: text(fields, 'peer_id'),
      peer_name: text(info, 'name'),
      conn_id: integer(fields, 'conn_id') ?? null,
      ip: text(info, 'ip', 64),
      direction: integer(fields, 'type') ?? 0,
      path: text(fields, 'path', MAX_PATH_CHARS),
      is_file: fields['is_file'] === true ? (1 as const) : (0 as const),
      file_count: integer(info, 'num') ?? files.length,
      files: JSON.stringify(files),
    };
    await this.events.addFile(row, nonceOf(fields));
  }

  /** Kinds that we do not know yet are kept as well. */
  async takeAlarm(fields: Fields): Promise<void> {
    const id = text(fields, 'id', MAX_ID_CHARS);
    const kind = integer(fields, 'typ');
    if (kind === undefined || !(await this.genuine.has(id, text(fields, 'uuid')))) return;
    const row = {
      device_id: id,
      kind,
      conn_id: integer(fields, 'conn_id') ?? null,
      audit_ref: text(fields, 'conn_audit_ref'),
      info: JSON.stringify(infoOf(fields)).slice(0, MAX_INFO_CHARS),
    };
    await this.events.addAlarm(row, nonceOf(fields));
  }
}

/** `info` is JSON text inside the JSON body. */
function infoOf(fields: Fields): Fields {
  const info = fields['info'];
  if (typeof info !== 'string') return fieldsOf(info);
  try {
    return fieldsOf(parseJson(info));
  } catch {
    // Kept as it came, so that nothing of an alarm is lost.
    return { text: info };
  }
}

function filesOf(info: Fields): [string, number | string][] {
  const files = Array.isArray(info['files']) ? (info['files'] as unknown[]) : [];
  return files.slice(0, MAX_FILES).flatMap((file): [string, number | string][] => {
    const [name, size] = Array.isArray(file) ? (file as unknown[]) : [];
    if (typeof name !== 'string') return [];
    const bytes = typeof size === 'number' ? size : (unsignedText(size) ?? 0);
    return [[text({ name }, 'name', MAX_PATH_CHARS), bytes]];
  });
}
