import { defaultGateways } from '@waystation/net';

/** Reads option GATEWAY_ADDRESSES: `auto` means the default gateways of this machine. */
export function gatewaysOf(entries: readonly string[]): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => (entry === 'auto' ? defaultGateways() : [entry])));
}
