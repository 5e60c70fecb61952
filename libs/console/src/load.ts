import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';

/** What came of asking the server. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: string;
  readonly reload: () => void;
}

/** Asks the server for `path`, again whenever it changes; the newest question wins. */
export function useLoad<T>(path: string, everyMs = 0): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState('');
  const newest = useRef(0);
  const reload = useCallback(() => {
    const mine = ++newest.current;
    const isNewest = (): boolean => mine === newest.current;
    call<T>('GET', path).then(
      (answer) => isNewest() && (setValue(() => answer), setError('')),
      (failure: unknown) => isNewest() && setError(messageOf(failure)),
    );
  }, [path]);
  useEffect(() => {
    reload();
    if (everyMs === 0) return undefined;
    const timer = setInterval(reload, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return { value, error, reload };
}

/** What to tell a person about something thrown. */
export function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
