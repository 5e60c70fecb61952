import type { AddressSet } from './address-set.js';

/** Why a socket was turned away before a byte of it was parsed as protocol. */
export const REFUSAL_REASONS = [
  'address-limit',
  'blocked',
  'not-a-proxy',
  'bad-proxy-header',
  'bad-upgrade',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** What a listener needs to know. */
export interface ListenOptions {
  /** Address to bind; by default every address, IPv6 and IPv4 on one socket. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Let several replicas on one host share the port; the kernel spreads connections over them. */
  readonly reusePort: boolean;
  /** Connections one address (IPv6: one /64) may hold open here; 0 is no limit. */
  readonly maxPerAddress: number;
  /** Networks whose forwarded headers and PROXY headers are believed. */
  readonly trustedProxies: AddressSet;
  /** Demand a PROXY protocol header (v1 or v2); then only `trustedProxies` may connect. */
  readonly proxyProtocol?: boolean;
  /** Milliseconds a started frame may take; 30 s by default. */
  readonly frameMs?: number;
  /** Asked with the effective address before any parsing; true closes the socket. */
  readonly isBlocked?: (ip: string) => boolean;
  /** Told about every socket that was turned away; must not throw. */
  readonly refused?: (reason: RefusalReason, ip: string) => void;
}
