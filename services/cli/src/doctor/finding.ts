/** What a check has found. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was looked at, one or two words. */
  readonly subject: string;
  /** A sentence on what is so, and what to do about it unless it is fine. */
  readonly text: string;
}

/** Makers of findings about one subject. */
export function about(subject: string) {
  const make =
    (level: Finding['level']) =>
    (text: string): Finding => ({ level, subject, text });
  return { ok: make('ok'), warn: make('warn'), fail: make('fail') };
}
