import type { Page, Paged } from '../http/page.js';
import type { Comparison, ListOrder, ListWish } from '../store/listing.js';
import type { Recording } from './recording-files.js';

/** What the list of recordings can be narrowed by and sorted by. */
export const recordingShape = {
  filters: {
    device: { columns: ['device'], compare: 'word' },
    address: { columns: ['address'], compare: 'word' },
    file: { columns: ['file'], compare: 'word' },
    growing: { columns: ['isGrowing'], compare: 'number' },
    since: { columns: ['writtenAt'], compare: 'since' },
    until: { columns: ['writtenAt'], compare: 'until' },
  },
  sorts: {
    written_at: 'writtenAt',
    bytes: 'bytes',
    device: 'device',
    address: 'address',
    file: 'file',
  },
} as const satisfies ListOrder;

type Column = (typeof recordingShape.sorts)[keyof typeof recordingShape.sorts];

/** A page of what fits, the newest first unless something else is wanted. */
export function recordingPage(
  all: readonly Recording[],
  wish: ListWish,
  { limit, offset }: Page,
): Paged<Recording> {
  const tests = wish.filters.map(({ name, value }) => testOf(name, value));
  const fitting = all.filter((recording) => tests.every((fits) => fits(recording)));
  const column = columnOf(wish.sort);
  const way = (wish.direction ?? 'desc') === 'asc' ? 1 : -1;
  fitting.sort((a, b) => way * (order(a[column], b[column]) || order(keyOf(a), keyOf(b))));
  return { total: fitting.length, data: fitting.slice(offset, offset + limit) };
}

function testOf(name: string, value: string | number): (recording: Recording) => boolean {
  const filter = Object.entries(recordingShape.filters).find(([one]) => one === name)?.[1];
  if (filter === undefined) return () => true;
  const [column] = filter.columns;
  const compare: Comparison = filter.compare;
  if (compare === 'word') {
    const fits = wordTest(String(value));
    return (recording) => fits(String(recording[column]));
  }
  if (compare === 'since') return (recording) => Number(recording[column]) >= Number(value);
  if (compare === 'until') return (recording) => Number(recording[column]) <= Number(value);
  return (recording) => Number(recording[column]) === value;
}

/** `%` stands for anything; no text of a request becomes a pattern that could take for ever. */
function wordTest(wanted: string): (text: string) => boolean {
  const [first = '', ...rest] = wanted.toLowerCase().split('%');
  const last = rest.pop();
  if (last === undefined) return (text) => text.toLowerCase() === first;
  return (original) => {
    const text = original.toLowerCase();
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}

function columnOf(sort: string | undefined): Column {
  const found = Object.entries(recordingShape.sorts).find(([name]) => name === sort);
  return found?.[1] ?? 'writtenAt';
}

function keyOf({ address, file }: Recording): string {
  return `${address}/${file}`;
}

function order<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
