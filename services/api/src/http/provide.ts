import type { FactoryProvider, Type } from '@nestjs/common';

/** A class, or the symbol under which a value is known. */
export type Token<T> = Type<T> | symbol;

type Tokens<A extends readonly unknown[]> = { readonly [K in keyof A]: Token<A[K]> };

/** One line of a module's parts list: a plain class and where its constructor arguments come from. */
export function provide<T, A extends unknown[]>(
  type: new (...parts: A) => T,
  ...inject: Tokens<A>
): FactoryProvider<T> {
  return { provide: type, useFactory: (...parts: A) => new type(...parts), inject: [...inject] };
}
