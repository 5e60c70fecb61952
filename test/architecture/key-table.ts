import { keyTable, type KeyFacts } from '@waystation/state';

const BEGIN = '<!-- keys:begin -->';
const END = '<!-- keys:end -->';

/** The text with the table of Redis keys between its markers as the code has it now. */
export function withKeyTable(text: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the markers ${BEGIN} and ${END} are gone`);
  const table = ['', ...keyRows(), ''].join('\n');
  return `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}

function keyRows(): string[] {
  const rows = Object.values(keyTable).map((key: KeyFacts) => {
    const life = key.ttlMs === 0 ? '–' : `${key.ttlMs / 1000} s`;
    return `| \`${key.pattern}\` | ${key.type} | ${life} | ${key.writer} | ${key.meaning} |`;
  });
  return ['| key | type | life | written by | meaning |', '|---|---|---|---|---|', ...rows];
}
