interface Box<V> {
  value: V | undefined;
}

/**
 * A Map for what comes and goes with every client. V8 leaves each table that a Map has outgrown linked
 * to the next one. Once the first of them has grown old, all later ones live until a full collection,
 * with everything that was in them at that time: connections long closed would be copied by every
 * young collection and then grow old too. So the tables here hold boxes, which are emptied.
 */
export class BriefMap<K, V> {
  readonly #boxes = new Map<K, Box<V>>();

  get size(): number {
    return this.#boxes.size;
  }

  get(key: K): V | undefined {
    return this.#boxes.get(key)?.value;
  }

  set(key: K, value: V): void {
    const box = this.#boxes.get(key);
    if (box === undefined) this.#boxes.set(key, { value });
    else box.value = value;
  }

  delete(key: K): void {
    const box = this.#boxes.get(key);
    if (box === undefined) return;
    box.value = undefined;
    this.#boxes.delete(key);
  }

  /** What is in it now; it may be changed while the list is gone through. */
  values(): V[] {
    return [...this.#boxes.values()].flatMap(({ value }) => (value === undefined ? [] : [value]));
  }
}
