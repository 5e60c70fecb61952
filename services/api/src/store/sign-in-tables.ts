/** Who somebody is elsewhere. */
export interface ExternalIdentityTable {
  /** `ldap`, or `oidc` and the issuer. */
  source: string;
  /** What never changes about him there. */
  subject: string;
  user_guid: string;
  created_at: number;
  /** When the other place last said that it is still him. */
  vouched_at: number;
}

/** A client that waits for a sign-in in a browser. */
export interface OidcLoginTable {
  /** SHA-256 of the code that the client asks with. */
  code_hash: string;
  /** SHA-256 of the state that the browser brings back. */
  state_hash: string;
  provider: string;
  device_id: string;
  device_uuid: string;
  /** What the device says of itself, to be shown to the person at the browser. */
  device_name: string;
  /** Where the client asked from. */
  address: string;
  redirect_uri: string;
  /** SHA-256 of the cookie of the browser that began it; empty: a client did. */
  browser_hash: string;
  nonce: string;
  /** Sealed. */
  verifier: string;
  /**
   * `waiting` for the browser, `checking` what it brought, `asking` the person, then `good` or
   * `failed`.
   */
  stage: 'waiting' | 'checking' | 'asking' | 'good' | 'failed';
  user_guid: string | null;
  /** SHA-256 of what the person's answer must bring; empty: none is awaited. */
  confirm_hash: string;
  /** Good: the sealed answer, once it was given. Failed: the reason. */
  answer: string;
  answered_at: number | null;
  expires_at: number;
}

/** A device that a user has signed in on. */
export interface KnownDeviceTable {
  user_guid: string;
  device_id: string;
  device_uuid: string;
  seen_at: number;
}

export interface SignInTables {
  external_identities: ExternalIdentityTable;
  oidc_logins: OidcLoginTable;
  known_devices: KnownDeviceTable;
}
