/** A map that keeps the `most` entries used last. */
export class Lru<K, V> {
  readonly #entries = new Map<K, V>();

  constructor(
    readonly most: number,
    readonly onEvict: (value: V) => void = () => undefined,
  ) {}

  /** The entry, made if it is not there, or no longer valid. */
  get(key: K, make: () => V, isValid: (value: V) => boolean = () => true): V {
    const found = this.#entries.get(key);
    const known = found !== undefined && isValid(found) ? found : undefined;
    const value = known ?? make();
    if (found !== undefined) this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.most) this.#evict();
    return value;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    for (const value of this.#entries.values()) this.onEvict(value);
    this.#entries.clear();
  }

  #evict(): void {
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key);
      this.onEvict(value);
      return;
    }
  }
}
