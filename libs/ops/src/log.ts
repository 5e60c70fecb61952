import winston from 'winston';
import { maskFields, maskText } from './mask.js';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFormat = 'json' | 'readable';
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. `fields` are shown beside the message; secrets among them are masked by name. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];
const nothing = (): void => undefined;
/** Characters that may wait for a reader who stands still; a busy minute, and no burden. */
const MOST_WAITING = 2 ** 20;

/**
 * A log that writes lines to stdout. `service` is the replica's id, or the service's name where
 * there is no replica; a level that is off costs one empty call. While nobody takes the lines, 1 MiB
 * of them waits and the rest is left out, which the next line that passes tells; a reader who is gone
 * is no error.
 */
export function createLog(
  service: string,
  level: LogLevel = 'info',
  format: LogFormat = 'readable',
  stream: NodeJS.WritableStream = process.stdout,
): Log {
  const line = format === 'json' ? jsonLine(service) : readableLine(service);
  const logger = winston.createLogger({
    level,
    format: winston.format.printf((info) => line(info.level, String(info.message), info['fields'])),
    transports: [new winston.transports.Stream({ stream })],
  });
  // there is nobody left to tell
  if (stream.listenerCount('error') === 0) stream.on('error', nothing);
  let leftOut = 0;
  const writer = (at: LogLevel): Log[LogLevel] => {
    if (LEVELS.indexOf(at) > LEVELS.indexOf(level)) return nothing;
    return (message, fields) => {
      const before = leftOut + leftOutIn(fields);
      const isFull = waitingIn(stream) > MOST_WAITING;
      leftOut = isFull ? before + 1 : 0;
      if (isFull) return;
      const told = before > 0 ? { ...fields, leftOut: before } : fields;
      logger.log({ level: at, message, fields: told });
    };
  };
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  };
}

function waitingIn(stream: NodeJS.WritableStream): number {
  return 'writableLength' in stream ? Number(stream.writableLength) : 0;
}

/** Lines that somebody else has left out already. */
function leftOutIn(fields: LogFields | undefined): number {
  return Number(fields?.['leftOut'] ?? 0);
}

type Line = (level: string, message: string, fields: unknown) => string;

function jsonLine(service: string): Line {
  return (level, message, fields) => {
    const time = new Date().toISOString();
    const facts = { time, level, service, message: maskText(message), ...safe(fields) };
    return oneLine(JSON.stringify(facts));
  };
}

function readableLine(service: string): Line {
  return (level, message, fields) => {
    const known = Object.entries(safe(fields)).filter(([, value]) => value !== undefined);
    const pairs = known.map(([name, value]) => ` ${name}=${shown(value)}`);
    const time = new Date().toISOString();
    const text = `${time} ${level.padEnd(5)} ${service} ${maskText(message)}${pairs.join('')}`;
    return oneLine(text);
  };
}

/** Escaped as JSON does it, so that nothing a client sends ends a line or is obeyed by a terminal. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function safe(fields: unknown): Record<string, unknown> {
  return typeof fields === 'object' && fields !== null ? maskFields({ ...fields }) : {};
}

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? String(value);
}

/** Messages that are told apart; more than any service has, and a bound where a library words them. */
const MOST_KINDS = 500;

/** How far one message has come within the time that is looked at. */
interface Kind {
  time: number;
  written: number;
  leftOut: number;
}

/**
 * The same log with at most `perSecond` lines of each message in any second, whatever the fields; what is
 * left out is counted and told in the next line of that message that passes, as the field `leftOut`.
 */
export function rateCapped(log: Log, perSecond: number, now: () => number = Date.now): Log {
  return capped(log, perSecond, 1000, now);
}

function capped(log: Log, limit: number, windowMs: number, now: () => number): Log {
  const kinds = new Map<string, Kind>();
  return mapLog(log, (level) => (message, fields) => {
    const kind = kindOf(kinds, message);
    const time = Math.floor(now() / windowMs);
    if (time !== kind.time) Object.assign(kind, { time, written: 0 });
    if (kind.written >= limit) {
      kind.leftOut++;
      return;
    }
    kind.written++;
    const leftOut = kind.leftOut + leftOutIn(fields);
    log[level](message, kind.leftOut > 0 ? { ...fields, leftOut } : fields);
    kind.leftOut = 0;
  });
}

/** What is one too many shares a place. */
function kindOf(kinds: Map<string, Kind>, message: string): Kind {
  const name = kinds.has(message) || kinds.size < MOST_KINDS ? message : '';
  const kind = kinds.get(name) ?? { time: -1, written: 0, leftOut: 0 };
  kinds.set(name, kind);
  return kind;
}

/** Lines of each warning and each error within a while: what an operator reads at a start fits in. */
const COMPLAINTS = 20;
const COMPLAINTS_MS = 10_000;

/**
 * The same log with few lines of each warning and error: in an outage every request may come to the same
 * one. What is only told is left as it is.
 */
export function calm(log: Log): Log {
  const quiet = capped(log, COMPLAINTS, COMPLAINTS_MS, Date.now);
  return {
    ...log,
    warn: (message, fields) => quiet.warn(message, fields),
    error: (message, fields) => quiet.error(message, fields),
  };
}

/** What is off stays an empty call, and counts nowhere. */
function mapLog(log: Log, make: (level: LogLevel) => Log[LogLevel]): Log {
  const mapped = (level: LogLevel): Log[LogLevel] =>
    log[level] === nothing ? nothing : make(level);
  return {
    debug: mapped('debug'),
    info: mapped('info'),
    warn: mapped('warn'),
    error: mapped('error'),
  };
}
