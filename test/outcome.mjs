import { inspect } from 'node:util';

// A reporter for node:test, one JSON text a line: what failed as soon as it did, and at last how many
// tests there were. A file that hangs never comes to that; what failed in it is known all the same.
export default async function* outcome(source) {
  for await (const { type, data } of source) {
    if (type === 'test:fail') {
      const error = data.details.error;
      yield `${JSON.stringify({ name: data.name, error: inspect(error.cause ?? error) })}\n`;
    }
    if (type === 'test:summary') yield `${JSON.stringify({ tests: data.counts.tests })}\n`;
  }
}
