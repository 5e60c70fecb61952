/** Longest id that can be registered (protocol 6.2). */
export const ID_LIMIT = 100;

/** The id of self tests, which no device can have (protocol 6.17): answered without asking anybody. */
export const SELF_TEST_ID = '(:test_hbbs:)';

/** False for an id that nobody can have: it is not worth a look-up nor a place in a limiter. */
export function isPossibleId(id: string): boolean {
  return id !== '' && id.length <= ID_LIMIT;
}
