import { readFileSync } from 'node:fs';

/**
 * Reads `NAME=value` lines as upstream's `.env` and configuration files have them: INI without a
 * section. `#` and `;` begin a comment line, quotes around a value are taken off, ` #` ends an
 * unquoted value, `export ` before a name is allowed, lines under a `[section]` are not ours.
 * Throws Error naming the line that is none of these.
 */
export function parseEnvText(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('[')) break;
    const match = /^(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/.exec(line);
    if (match === null) throw new Error(`line ${index + 1} is not of the form NAME=value`);
    found.set(match[1] ?? '', unquote(match[2] ?? ''));
  }
  return found;
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*?)\1(\s+[#;].*)?$/.exec(value);
  if (quoted !== null) return quoted[2] ?? '';
  return value.replace(/(^|\s)[#;].*$/, '').trim();
}

/** The file's names and values; nothing when there is no such file. Throws Error naming the file. */
export function readEnvFile(path: string, mustExist: boolean): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!mustExist && isMissing(error)) return new Map();
    throw new Error(`${path} cannot be read: ${describe(error)}`, { cause: error });
  }
  try {
    return parseEnvText(text);
  } catch (error) {
    throw new Error(`${path}: ${describe(error)}`, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
