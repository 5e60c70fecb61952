/** 0 no, 1 yes. */
export type Flag = 0 | 1;

/** What clients get as `status`: 1 usual, 0 disabled, -1 not verified yet. */
export type UserStatus = 1 | 0 | -1;

export interface UserTable {
  guid: string;
  name: string;
  /** The name in lower case: names that differ only in case are one. */
  name_key: string;
  display_name: string;
  email: string;
  avatar: string;
  note: string;
  /** Null: no password here, the account signs in elsewhere. */
  password_hash: string | null;
  status: UserStatus;
  is_admin: Flag;
  group_guid: string | null;
  strategy_guid: string | null;
  /** Null: the default control role, if there is one. */
  control_role_guid: string | null;
  /** Sealed. Null: no second factor. */
  totp_secret: string | null;
  /** The time step of the last code that was taken; a code works once. */
  totp_last_step: number;
  /** 1: signing in with a password takes a code by mail as well. */
  mail_code: Flag;
  /** 1: has to have an authenticator app, whatever the setting says. */
  totp_required: Flag;
  /** 1: somebody else made the password, the user has not changed it yet. */
  password_given: Flag;
  created_at: number;
}

export interface GroupTable {
  guid: string;
  name: string;
  name_key: string;
  note: string;
  created_at: number;
}

export interface DeviceGroupTable extends GroupTable {
  strategy_guid: string | null;
}

/** `from` may access what belongs to `to`. */
export interface AccessGrantTable {
  from_kind: 'user-group' | 'user';
  from_guid: string;
  to_kind: 'user-group' | 'device-group';
  to_guid: string;
}

/** What callees shall allow a caller. */
export interface ControlRoleTable {
  guid: string;
  name: string;
  name_key: string;
  /** Null: the users that it is given to. One role each for all other users, and for callers without a login. */
  applies_to: 'default' | 'not-logged' | null;
  enabled: Flag;
  /** JSON: permission -> 'allow' or 'deny'. */
  permissions: string;
  created_at: number;
}

/** Row 1 counts changes of access, row 2 those of control roles; kept by triggers (migrations 0040 to 0042). */
export interface AccessChangesTable {
  id: number;
  count: number;
  /** Random, another one with each count: no two states of any database share it. */
  mark: string;
}

export interface LoginTokenTable {
  /** SHA-256 of the token, hex; the token itself is known to the client only. */
  hash: string;
  user_guid: string;
  device_id: string;
  device_uuid: string;
  created_at: number;
  used_at: number;
  expires_at: number;
}

export interface ApiTokenTable {
  guid: string;
  hash: string;
  owner_guid: string;
  name: string;
  /** JSON: area -> 'r' or 'rw'. */
  scopes: string;
  created_at: number;
  used_at: number;
  /** Null: never. */
  expires_at: number | null;
}

/** The open second step of a login. */
export interface LoginChallengeTable {
  hash: string;
  user_guid: string;
  device_id: string;
  device_uuid: string;
  /** `enrol`: the authenticator app is only being set up. */
  kind: 'totp' | 'email' | 'enrol';
  /** SHA-256 of the code that was mailed; else empty. */
  code_hash: string;
  tries_left: number;
  expires_at: number;
}

/** A user who was invited and has not chosen a password yet. */
export interface InvitationTable {
  user_guid: string;
  /** SHA-256 of what the link holds. */
  hash: string;
  expires_at: number;
}

export interface RecoveryCodeTable {
  user_guid: string;
  hash: string;
}

/** Failed logins of one account, one address, or both together. */
export interface LoginGuardTable {
  subject: string;
  minute_start: number;
  minute_failures: number;
  hour_start: number;
  hour_failures: number;
  /** Since the last success. */
  failures: number;
  blocked_until: number;
}

/** One value per name, for what the program itself must remember. */
export interface SettingTable {
  name: string;
  value: string;
}

export interface AccountTables {
  users: UserTable;
  user_groups: GroupTable;
  device_groups: DeviceGroupTable;
  access_grants: AccessGrantTable;
  control_roles: ControlRoleTable;
  access_changes: AccessChangesTable;
  login_tokens: LoginTokenTable;
  api_tokens: ApiTokenTable;
  login_challenges: LoginChallengeTable;
  recovery_codes: RecoveryCodeTable;
  invitations: InvitationTable;
  login_guards: LoginGuardTable;
  settings: SettingTable;
}
