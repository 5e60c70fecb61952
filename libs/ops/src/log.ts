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

/**
 * A log that writes lines to stdout. `service` is the replica's id, or the service's name where
 * there is no replica; a level that is off costs one empty call.
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
  const writer = (at: LogLevel): Log[LogLevel] => {
    if (LEVELS.indexOf(at) > LEVELS.indexOf(level)) return nothing;
    return (message, fields) => void logger.log({ level: at, message, fields });
  };
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  };
}

type Line = (level: string, message: string, fields: unknown) => string;

function jsonLine(service: string): Line {
  return (level, message, fields) => {
    const time = new Date().toISOString();
    return JSON.stringify({ time, level, service, message: maskText(message), ...safe(fields) });
  };
}

function readableLine(service: string): Line {
  return (level, message, fields) => {
    const known = Object.entries(safe(fields)).filter(([, value]) => value !== undefined);
    const pairs = known.map(([name, value]) => ` ${name}=${shown(value)}`);
    const time = new Date().toISOString();
    return `${time} ${level.padEnd(5)} ${service} ${maskText(message)}${pairs.join('')}`;
  };
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
    const told = Number(fields?.['leftOut'] ?? 0);
    log[level](message, kind.leftOut > 0 ? { ...fields, leftOut: told + kind.leftOut } : fields);
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
