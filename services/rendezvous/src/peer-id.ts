/** Longest id that can be registered (protocol 6.2). */
export const ID_LIMIT = 100;

/** False for an id that nobody can have: it is not worth a look-up nor a place in a limiter. */
export function isPossibleId(id: string): boolean {
  return id !== '' && id.length <= ID_LIMIT;
}
