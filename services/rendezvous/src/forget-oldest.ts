/** Keeps a map within `limit` entries: the one that was put in longest ago goes. To be called after each entry. */
export function forgetOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
