/** An IPv4 network (option MASK) whose members count as "in the LAN". */
export class LanMask {
  private constructor(
    private readonly network: number,
    private readonly mask: number,
  ) {}

  /** Reads `a.b.c.d/n`; a text of another form gives undefined. */
  static parse(text: string): LanMask | undefined {
    const match = /^([\d.]+)\/(\d{1,2})$/.exec(text.trim());
    const address = match?.[1] === undefined ? undefined : toNumber(match[1]);
    const bits = Number(match?.[2]);
    if (address === undefined || bits > 32) return undefined;
    const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
    return new LanMask((address & mask) >>> 0, mask);
  }

  /** IPv6 addresses are never members: upstream's mask is an IPv4 one. */
  has(ip: string): boolean {
    const address = toNumber(ip);
    return address !== undefined && (address & this.mask) >>> 0 === this.network;
  }
}

function toNumber(ip: string): number | undefined {
  const parts = ip.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}
