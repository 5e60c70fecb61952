import type { Option } from './option.js';

/**
 * Any option, whatever its value's type. `never` where a value goes in and `unknown` where it comes
 * out is the one type that every option fits.
 */
export type AnyOption = Omit<Option<unknown>, 'format' | 'default'> & {
  readonly default: unknown;
  readonly format: (value: never) => string;
};

/** Options by the name that code uses for them. */
export type Options = Readonly<Record<string, AnyOption>>;

/** What code gets: every option's value under the option's name, read only. */
export type Values<O extends Options> = { readonly [K in keyof O]: ReturnType<O[K]['parse']> };

/** One service's settings. */
export interface Settings<O extends Options = Options> {
  readonly service: string;
  /** One sentence on what the service does, for the documentation. */
  readonly meaning: string;
  readonly options: O;
  /** Faults that only show when several values are seen together; one sentence each. */
  readonly check?: (values: Values<O>) => readonly string[];
}

/** The configuration of a service whose settings are `S`. */
export type Config<S> = S extends Settings<infer O> ? Values<O> : never;

/** Declares a service's settings; only there to infer their types. */
export function settings<const O extends Options>(declared: Settings<O>): Settings<O> {
  return declared;
}
