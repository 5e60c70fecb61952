/** The object that a text from Redis is in JSON; undefined when there is none, or none that we wrote. */
export function jsonObject(text: string | null): Readonly<Record<string, unknown>> | undefined {
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // Written by hand, or by another version: each reader says what that counts as.
    return undefined;
  }
}
