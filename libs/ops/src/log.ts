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

/**
 * The same log with at most `perSecond` lines in any second; what is left out is counted and told
 * in the next line that passes, as the field `leftOut`.
 */
export function rateCapped(log: Log, perSecond: number, now: () => number = Date.now): Log {
  let second = -1;
  let written = 0;
  let leftOut = 0;
  return mapLog(log, (level) => (message, fields) => {
    const current = Math.floor(now() / 1000);
    if (current !== second) [second, written] = [current, 0];
    if (written >= perSecond) {
      leftOut++;
      return;
    }
    written++;
    log[level](message, leftOut > 0 ? { ...fields, leftOut } : fields);
    leftOut = 0;
  });
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
