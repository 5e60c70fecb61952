/** Makes what a page shows, as JSON, for this query; rejects when it cannot be had right now. */
export type Page = (query: URLSearchParams) => Promise<unknown>;

/** The pages that one service shows on its ops port beside those that every service has. */
export class Pages {
  readonly #pages = new Map<string, Page>();

  /** `path` with its leading slash. */
  add(path: string, page: Page): void {
    this.#pages.set(path, page);
  }

  of(path: string): Page | undefined {
    return this.#pages.get(path);
  }
}
