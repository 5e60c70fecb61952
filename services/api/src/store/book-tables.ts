import type { Flag } from './account-tables.js';

export interface BookTable {
  guid: string;
  owner_guid: string;
  personal: Flag;
  name: string;
  note: string;
  /** Sealed; empty: none. */
  password: string;
  created_at: number;
}

export interface BookPeerTable {
  book_guid: string;
  id: string;
  alias: string;
  /** JSON list of tag names. */
  tags: string;
  note: string;
  /** Sealed, personal books only; empty: none. */
  hash: string;
  /** Sealed, shared books only; empty: none. */
  password: string;
  username: string;
  hostname: string;
  platform: string;
  force_always_relay: Flag;
  rdp_port: string;
  rdp_username: string;
  login_name: string;
  created_at: number;
}

export interface BookTagTable {
  book_guid: string;
  name: string;
  /** 0xAARRGGBB, unsigned. */
  color: number;
}

/** 1 read, 2 read and write, 3 full control. */
export type BookRight = 1 | 2 | 3;

export interface BookRuleTable {
  guid: string;
  book_guid: string;
  target_kind: 'user' | 'group' | 'everyone';
  /** Empty for everyone. */
  target_guid: string;
  right: BookRight;
}

export interface BookTables {
  address_books: BookTable;
  book_peers: BookPeerTable;
  book_tags: BookTagTable;
  book_rules: BookRuleTable;
}
