/**
 * `easy`: one port outside for one port inside, whoever is talked to; strangers are kept out (the home router).
 * `hard`: another random port for every partner (symmetric). `one-to-one`: a public address for one host, all
 * ports open.
 */
export type NatKind = 'easy' | 'hard' | 'one-to-one';

/** Holds back the reset that the system itself would send for a closed port. */
export const SILENT_FIREWALL = `table ip silent {
  chain output { type filter hook output priority 0;
    ct direction reply tcp flags & (rst | ack) == (rst | ack) drop; }
}`;

/**
 * The rules of a router whose outside is eth0, in nft's language. Strangers' packets are dropped in silence, as
 * home routers do: a reset would end the hole that the other side has just made.
 */
export function natRules(kind: NatKind, outside: string, inside: string): string {
  if (kind === 'one-to-one') {
    return `table ip nat {
      chain before { type nat hook prerouting priority -100; iifname "eth0" dnat to ${inside}; }
      chain after { type nat hook postrouting priority 100; oifname "eth0" snat to ${outside}; }
    }`;
  }
  const mapping = kind === 'hard' ? 'masquerade fully-random' : 'masquerade';
  const strangers = 'iifname "eth0" ct state != { established, related } drop;';
  return `table ip nat {
      chain after { type nat hook postrouting priority 100; oifname "eth0" ${mapping}; }
    }
    table ip filter {
      chain input { type filter hook input priority 0; ${strangers} }
      chain forward { type filter hook forward priority 0; ${strangers}
        iifname "lan*" oifname "lan*" drop; }
    }`;
}
