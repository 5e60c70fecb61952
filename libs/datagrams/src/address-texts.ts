import { networkInterfaces } from 'node:os';
import { ipFromBytes } from '@waystation/wire';

/**
 * Addresses whose text is remembered, one per place. 2^17 places of 20 bytes cost 2.6 MB when all are
 * used; a fleet of 100,000 devices behind as many addresses still finds more than half of its own.
 */
const PLACES = 2 ** 17;
const MAPPED_WORD = 0xffff0000;

/**
 * Turns addresses as the kernel gives them into text. A text costs more to make than all the rest of
 * a heartbeat, so the last one of every place is kept; giving out the same string object again also
 * makes comparing it with a known one a comparison of two pointers.
 */
export class AddressTexts {
  readonly #keys = new Uint32Array(PLACES * 4);
  readonly #texts = new Array<string | undefined>(PLACES);

  /**
   * The text of the address whose four 32-bit words (in the byte order of the wire, as they lie in
   * memory) begin at `at`: plain IPv4 for mapped ones. `scope` names the interface of a link-local one.
   */
  text(words: Uint32Array, at: number, scope: number): string {
    const a = words[at] ?? 0;
    const b = words[at + 1] ?? 0;
    const c = words[at + 2] ?? 0;
    const d = words[at + 3] ?? 0;
    // Not a good hash but a cheap one: the high byte of the product mixes all bytes below it.
    const hash = Math.imul(a ^ Math.imul(b, 31) ^ Math.imul(c, 131) ^ d, 0x9e3779b1);
    const place = hash >>> 15;
    const key = place * 4;
    const keys = this.#keys;
    const known = this.#texts[place];
    const same =
      keys[key + 3] === d && keys[key + 2] === c && keys[key + 1] === b && keys[key] === a;
    if (known !== undefined && same) return known;
    const text = textOf(words.subarray(at, at + 4), scope);
    if (text.includes('%')) return text;
    keys.set([a, b, c, d], key);
    this.#texts[place] = text;
    return text;
  }
}

/** Four words of a mapped address from the one word of an IPv4 address. */
export function mapped(word: number): [number, number, number, number] {
  return [0, 0, MAPPED_WORD, word];
}

function textOf(words: Uint32Array, scope: number): string {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, 16);
  const ip = ipFromBytes(bytes);
  const isLinkLocal = bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
  return isLinkLocal ? `${ip}%${interfaceName(scope)}` : ip;
}

/** A link-local address means nothing without its interface; node:dgram writes it the same way. */
function interfaceName(scope: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((address) => address.scopeid === scope)) return name;
  }
  return String(scope);
}
