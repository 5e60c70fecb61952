import type { Flag } from './account-tables.js';

export interface DeviceTable {
  guid: string;
  id: string;
  /** Standard base64, as clients send it. */
  uuid: string;
  owner_guid: string | null;
  device_group_guid: string | null;
  strategy_guid: string | null;
  disabled: Flag;
  note: string;
  /** What an operator calls the device and its user; else what sysinfo says counts. */
  device_name: string;
  device_username: string;
  hostname: string;
  os: string;
  cpu: string;
  memory: string;
  username: string;
  version: string;
  /** Null: no sysinfo since the device is known. */
  sysinfo_at: number | null;
  last_seen_at: number;
  last_ip: string;
  /** Changes whenever another strategy may be in effect, and never goes back. 0: never changed. */
  assignment_changed_at: number;
  /** JSON: the option names that a strategy has set on the device and that must be cleared after it. */
  managed_options: string;
  created_at: number;
}

export interface StrategyTable {
  guid: string;
  name: string;
  name_key: string;
  enabled: Flag;
  /** JSON: option -> text. */
  options: string;
  modified_at: number;
}

/** Connections that an operator wants closed. */
export interface DisconnectTable {
  device_guid: string;
  conn_id: number;
  asked_at: number;
}

/** Permissions to connect back after "switch sides". */
export interface SwitchGrantTable {
  device_id: string;
  verifier: string;
  expires_at: number;
}

export interface DeviceTables {
  devices: DeviceTable;
  strategies: StrategyTable;
  disconnects: DisconnectTable;
  switch_grants: SwitchGrantTable;
}
