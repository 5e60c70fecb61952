import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '@waystation/ops';
import type { RelayList } from '@waystation/state';
import { formatNetwork, parseNetwork } from '@waystation/wire';
import { AddressLists } from './address-lists.js';

/**
 * `blacklist.txt` and `blocklist.txt` of a folder, as upstream's relay has them in its working folder: one
 * address, or a network, per line; what follows the first space is a note. Missing files are empty ones.
 */
export function readListFiles(folder: string, log: Log): AddressLists {
  const read = (list: RelayList): string[] => readList(join(folder, `${list}.txt`), log);
  return new AddressLists({ blacklist: read('blacklist'), blocklist: read('blocklist') });
}

function readList(file: string, log: Log): string[] {
  const networks: string[] = [];
  for (const [index, line] of linesOf(file, log).entries()) {
    const [text = ''] = line.trim().split(/\s/, 1);
    if (text === '' || text.startsWith('#')) continue;
    const network = parseNetwork(text);
    if (network !== undefined) networks.push(formatNetwork(network));
    else log.warn('a line is no address and no network', { file, line: index + 1 });
  }
  if (networks.length > 0)
    log.info('a list of addresses was read', { file, entries: networks.length });
  return networks;
}

function linesOf(file: string, log: Log): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) log.warn('a list of addresses cannot be read', { file, reason: String(error) });
    return [];
  }
}
