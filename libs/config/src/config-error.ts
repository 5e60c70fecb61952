/**
 * The settings cannot be used. `faults` holds one sentence for each, naming the variable, what is
 * wrong with it and an example that works; `message` joins them, one a line.
 */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Thrown by an option's parser: what is wrong with the text, as the end of a sentence ("is …"). */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}
