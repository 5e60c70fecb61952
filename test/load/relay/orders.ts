/** What a generator process can be told to do, by name. */
export interface Orders {
  /** Open so many legs; the callee's side of a relay without pairing listens instead. */
  open: OpenOrder;
  /** Wait until so many legs are there (a listening callee does not dial). */
  await: { readonly legs: number };
  /** Send for so long as fast as the legs take it; other sides receive anyway. */
  flood: { readonly ms: number };
  /** Send messages of a size, so many per second and leg, for so long. */
  messages: { readonly ms: number; readonly bytes: number; readonly perSecond: number };
  /** Send one random stream of so many bytes on the first leg; the answer is its SHA-256. */
  sendStream: { readonly bytes: number };
  /** The SHA-256 of the next so many bytes on the first leg. */
  hashStream: { readonly bytes: number };
  /** Start counting anew; `messageBytes` > 0 measures the latency of messages of that size. */
  reset: { readonly messageBytes: number };
  count: Record<string, never>;
  /** Join, pass one byte and part again, so many at a time, for so long. */
  churn: OpenOrder & { readonly ms: number; readonly parallel: number };
  /** Join so many pairs, one after the other, and time the first byte of each. */
  firstBytes: OpenOrder;
  close: Record<string, never>;
}

/** What comes back. */
export interface Answers {
  open: null;
  await: null;
  flood: null;
  messages: { readonly sent: number };
  sendStream: { readonly hash: string };
  hashStream: { readonly hash: string };
  reset: null;
  count: { readonly bytes: number; readonly messages: number; readonly latency: readonly number[] };
  churn: { readonly pairs: number };
  /** A histogram of µs, and the pairs that never met. */
  firstBytes: { readonly latency: readonly number[]; readonly missed: number };
  close: null;
}

export interface OpenOrder {
  /**
   * `dial`: connect and join; `through`: connect only; `listen`: be what a proxy connects to;
   * `sink`: the same, and hang up at the first byte.
   */
  readonly how: 'dial' | 'through' | 'listen' | 'sink';
  readonly address: string;
  readonly port: number;
  readonly legs: number;
  /** Leg n of either side joins as `<run>-<n>`. */
  readonly run: string;
}
