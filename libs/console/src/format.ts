/** What stands where there is nothing to show. */
export const NOTHING = '–';

const KIB = 1024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const MINUTE_S = 60;
const HOUR_S = 3600;
/** As seconds it is the year 5138, as milliseconds 1973: nothing of ours lies near either. */
const FIRST_MS = 1e11;

/** A moment in the reader's own time; `value` is ISO text in UTC, or seconds or ms since 1970. */
export function moment(value: unknown): string {
  const date = momentOf(value);
  return date === undefined ? NOTHING : date.toLocaleString(undefined, MOMENT_FORM);
}

const MOMENT_FORM = { dateStyle: 'medium', timeStyle: 'medium' } as const;

function momentOf(value: unknown): Date | undefined {
  if (typeof value === 'number' && value > 0) {
    return new Date(value < FIRST_MS ? value * 1000 : value);
  }
  if (typeof value !== 'string' || value === '') return undefined;
  const date = new Date(/[Z+]/.test(value.slice(10)) ? value : `${value}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A number of bytes, such as `1.5 MiB`. */
export function bytes(value: unknown): string {
  if (typeof value !== 'number') return NOTHING;
  let [rest, unit] = [value, 0];
  while (rest >= KIB && unit < UNITS.length - 1) [rest, unit] = [rest / KIB, unit + 1];
  return `${unit === 0 ? rest : rest.toFixed(1)} ${UNITS[unit]}`;
}

/** A length of time in seconds, such as `1 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < MINUTE_S) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / MINUTE_S);
  if (seconds < HOUR_S) return `${minutes} min`;
  return `${Math.floor(seconds / HOUR_S)} h ${String(minutes % MINUTE_S).padStart(2, '0')} min`;
}

/** Text, number or nothing, as a cell shows it. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
