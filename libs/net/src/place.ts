/** Where somebody listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Reads `host`, `host:port`, `[v6]:port`, `[v6]` or a bare IPv6 address. */
export function placeOf(text: string, defaultPort: number): Place {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return { host: bracketed[1] ?? '', port: Number(bracketed[2] ?? defaultPort) };
  const named = /^([^:]+):(\d{1,5})$/.exec(text);
  if (named) return { host: named[1] ?? '', port: Number(named[2]) };
  return { host: text, port: defaultPort };
}
