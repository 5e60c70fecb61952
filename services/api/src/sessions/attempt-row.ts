import { type Fields, fieldsOf, text } from '../http/fields.js';
import type { AttemptTable } from '../store/record-tables.js';

const MAX_STEPS = 32;

/** The row of a record of kind `attempt`; undefined when it is none. */
export function attemptRow(record: unknown): AttemptTable | undefined {
  const fields = fieldsOf(record);
  const attempt = text(fields, 'attempt');
  const startedAt = whole(fields, 'startedAt');
  if (fields['kind'] !== 'attempt' || attempt === '' || startedAt === null) return undefined;
  return {
    attempt,
    asked: text(fields, 'asked'),
    outcome: text(fields, 'outcome'),
    started_at: startedAt,
    took_ms: whole(fields, 'tookMs') ?? 0,
    caller_ip: text(fields, 'callerIp'),
    caller_transport: text(fields, 'callerTransport'),
    callee_id: text(fields, 'callee'),
    callee_ip: text(fields, 'calleeIp'),
    user_guid: text(fields, 'user'),
    user_name: text(fields, 'userName'),
    uuid: text(fields, 'uuid'),
    replica: text(fields, 'replica'),
    steps: JSON.stringify(stepsOf(fields['steps'])),
  };
}

/** A whole number that is exact; null for everything else. */
export function whole(fields: Fields, name: string): number | null {
  const value = fields[name];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function stepsOf(value: unknown): [string, number][] {
  const steps = Array.isArray(value) ? (value as unknown[]) : [];
  return steps.slice(0, MAX_STEPS).flatMap((step): [string, number][] => {
    const [name, afterMs] = Array.isArray(step) ? (step as unknown[]) : [];
    if (typeof name !== 'string' || typeof afterMs !== 'number') return [];
    return [[text({ name }, 'name', 64), Math.round(afterMs)]];
  });
}
