/** Where the parts of `struct epoll_event` lie, counted in 32-bit words. */
export interface EpollLayout {
  /** Words from one event to the next. */
  readonly stride: number;
  /** The word that holds the low half of our 64-bit cookie; word 0 is always the event mask. */
  readonly cookie: number;
}

/**
 * The layout for an architecture as `process.arch` names it, `undefined` for one we have not
 * checked. x86-64 alone packs the struct (12 bytes, a leftover of 32-bit compatibility); elsewhere
 * the 64-bit cookie is aligned to 8 and the struct has 16 bytes.
 */
export function epollLayout(arch: string): EpollLayout | undefined {
  if (arch === 'x64') return { stride: 3, cookie: 1 };
  if (arch === 'arm64') return { stride: 4, cookie: 2 };
  return undefined;
}
