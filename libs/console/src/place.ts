import { useEffect, useState } from 'preact/hooks';

/** Where the console is: a page and what narrows it, as the part of the address behind `#`. */
export interface Place {
  readonly page: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Reads `#/devices?id=123`. */
function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { page: path, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** Writes what parsePlace reads; empty values are left out. */
export function placeHash({ page, query }: Place): string {
  const given = Object.entries(query).filter(([, value]) => value !== '');
  const text = new URLSearchParams(given).toString();
  return `#/${page}${text === '' ? '' : `?${text}`}`;
}

/** Goes to a place; the browser's back button comes back. */
export function goTo(place: Place): void {
  location.hash = placeHash(place);
}

/** The place that the address names; renders again when it changes. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return parsePlace(hash);
}
