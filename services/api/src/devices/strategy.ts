/** What a heartbeat's answer depends on; a pure view of a Pulse. */
export interface StrategyState {
  /** Undefined: none is assigned, or it is switched off. */
  readonly effective?: { readonly options: Record<string, string>; readonly modifiedAt: number };
  readonly assignmentChangedAt: number;
  /** Options that strategies have set on the device. */
  readonly managed: readonly string[];
}

/** What to tell the device, if anything, and what to remember about it, if that changes. */
export interface StrategyAnswer {
  readonly send?: { readonly modifiedAt: number; readonly options: Record<string, string> };
  readonly managed?: readonly string[];
}

/**
 * The device is told when its timestamp is not ours. Options that an earlier strategy set and this
 * one does not are cleared (an empty text); they are remembered until the device has confirmed, by
 * sending our timestamp, that it got them.
 */
export function answerStrategy(state: StrategyState, deviceTimestamp: number): StrategyAnswer {
  const { effective, assignmentChangedAt, managed } = state;
  if (effective === undefined && managed.length === 0) return {};
  const modifiedAt = Math.max(effective?.modifiedAt ?? 0, assignmentChangedAt);
  const current = Object.keys(effective?.options ?? {});
  if (deviceTimestamp === modifiedAt) {
    return sameNames(managed, current) ? {} : { managed: current };
  }
  const cleared = Object.fromEntries(managed.map((name) => [name, '']));
  const options = { ...cleared, ...effective?.options };
  const all = Object.keys(options);
  const send = { modifiedAt, options };
  return sameNames(managed, all) ? { send } : { send, managed: all };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
