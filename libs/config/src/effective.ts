import type { AnyOption, Options, Settings, Values } from './settings.js';

/** A setting as it is in effect, fit to be shown. */
export interface EffectiveSetting {
  readonly name: string;
  readonly meaning: string;
  readonly kind: string;
  /** As it would be written in `.env`; a secret is `********` when it is set. */
  readonly value: string;
  readonly isDefault: boolean;
  readonly secret: boolean;
}

const MASK = '********';

/** Every setting of a service with the value that it runs with; secrets are not in it. */
export function effectiveSettings<const O extends Options>(
  declared: Settings<O>,
  values: Values<O>,
): EffectiveSetting[] {
  return Object.entries<AnyOption>(declared.options).map(([key, option]) => {
    const { name, meaning, kind, secret } = option;
    const format = option.format as (value: unknown) => string;
    const [value, usual] = [format(values[key]), format(option.default)];
    const shown = secret && value !== '' ? MASK : value;
    return { name, meaning, kind, value: shown, isDefault: value === usual, secret };
  });
}
