import type { ListedPeer } from '../store/book-peer-store.js';
import type { Vault } from '../store/vault.js';

/** An entry exactly as clients parse it: one wrong type makes them drop the whole list. */
export interface PeerView {
  readonly id: string;
  /** Personal books only. */
  readonly hash?: string;
  /** Shared books only. */
  readonly password?: string;
  readonly username: string;
  readonly hostname: string;
  readonly platform: string;
  readonly alias: string;
  readonly tags: readonly string[];
  readonly note: string;
  /** The device is registered here, so host, user and platform are what it says itself. */
  readonly same_server: boolean;
  readonly forceAlwaysRelay: 'true' | 'false';
  readonly rdpPort: string;
  readonly rdpUsername: string;
  readonly loginName: string;
  readonly device_group_name: string;
}

/** The entry for somebody who may see the book. */
export function peerView(peer: ListedPeer, personal: boolean, vault: Vault): PeerView {
  const registered = peer.device_guid !== null;
  const secret = personal
    ? { hash: vault.open(peer.hash) }
    : { password: vault.open(peer.password) };
  return {
    id: peer.id,
    ...secret,
    username: registered ? (peer.device_username ?? '') : peer.username,
    hostname: registered ? (peer.device_hostname ?? '') : peer.hostname,
    platform: registered ? platformOf(peer.device_os ?? '') : peer.platform,
    alias: peer.alias,
    tags: JSON.parse(peer.tags) as string[],
    note: peer.note,
    same_server: registered,
    forceAlwaysRelay: peer.force_always_relay === 1 ? 'true' : 'false',
    rdpPort: peer.rdp_port,
    rdpUsername: peer.rdp_username,
    loginName: registered ? (peer.owner_name ?? '') : peer.login_name,
    device_group_name: peer.device_group_name ?? '',
  };
}

/** The client's platform name for what sysinfo calls `<distribution> / <long name>`. */
function platformOf(os: string): string {
  const family = (os.split(' / ')[0] ?? '').toLowerCase();
  if (family === '') return '';
  if (family.includes('windows')) return 'Windows';
  if (family.includes('mac') || family.includes('darwin')) return 'Mac OS';
  if (family.includes('android')) return 'Android';
  return 'Linux';
}
