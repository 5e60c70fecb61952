/** One promise of a contract: its number there and what it is about, in our own words. */
export interface Item {
  readonly number: number;
  readonly text: string;
  /** Why no test covers it; absent for items that a test has to cover. */
  readonly waits?: string;
}

/** The promises of one document, tagged in test titles as `[<letter><number>]`. */
export interface Contract {
  readonly letter: string;
  readonly heading: string;
  readonly items: readonly Item[];
}
