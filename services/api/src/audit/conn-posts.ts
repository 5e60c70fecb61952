import type { Authorised, ConnAuditStore, ConnKey } from '../store/conn-audit-store.js';
import type { GenuineDevices } from '../devices/genuine-devices.js';
import { type Fields, integer, optionalText, text, unsignedText } from '../http/fields.js';

const MAX_ID_CHARS = 253;
/** What the client's input box allows. */
const MAX_NOTE_CHARS = 256;
/** A note may still come this long after the connection has ended. */
const NOTE_GRACE_MS = 15 * 60_000;

/** The life of incoming connections, as devices post it, and notes of the controlling side. */
export class ConnPosts {
  constructor(
    private readonly connections: ConnAuditStore,
    private readonly genuine: GenuineDevices,
  ) {}

  /** Stores a post; one of an unknown device, or of a shape nobody sends, is dropped. */
  async take(fields: Fields): Promise<void> {
    if (fields['note'] !== undefined && fields['action'] === undefined) return this.#note(fields);
    const key = connKey(fields);
    if (key === undefined) return;
    if (!(await this.genuine.has(key.deviceId, key.deviceUuid))) return;
    const nonce = nonceOf(fields);
    switch (fields['action']) {
      case 'new': {
        const reference = text(fields, 'conn_audit_ref');
        return this.connections.open(key, text(fields, 'ip', 64), reference, nonce);
      }
      case 'close':
        return this.connections.close(key, nonce);
      case undefined:
        return this.connections.authorise(key, authorised(fields), nonce);
      default:
    }
  }

  /** Comes from the controlling side, which proves nothing but that it knows the session's number. */
  async #note(fields: Fields): Promise<void> {
    const session = unsignedText(fields['session_id']);
    if (session === undefined || session === '0') return;
    const [id, note] = [text(fields, 'id', MAX_ID_CHARS), text(fields, 'note', MAX_NOTE_CHARS)];
    await this.connections.noteSession(id, session, note, Date.now() - NOTE_GRACE_MS);
  }
}

/** The nonce of a post, if it has one. */
export function nonceOf(fields: Fields): string | undefined {
  const nonce = optionalText(fields, 'nonce', 64);
  return nonce === '' ? undefined : nonce;
}

function connKey(fields: Fields): ConnKey | undefined {
  const connId = integer(fields, 'conn_id');
  if (connId === undefined) return undefined;
  return { deviceId: text(fields, 'id', MAX_ID_CHARS), deviceUuid: text(fields, 'uuid'), connId };
}

function authorised(fields: Fields): Authorised {
  const peer = Array.isArray(fields['peer']) ? (fields['peer'] as unknown[]) : [];
  const [peerId, peerName] = peer.map((value) => (typeof value === 'string' ? value : ''));
  const named = { peer_id: peerId ?? '', peer_name: peerName ?? '' };
  return {
    session_id: unsignedText(fields['session_id']) ?? '0',
    peer_id: text(named, 'peer_id'),
    peer_name: text(named, 'peer_name'),
    conn_type: integer(fields, 'type') ?? null,
    primary_auth: integer(fields, 'primary_auth') ?? null,
    two_factor: integer(fields, 'two_factor') ?? null,
  };
}
