import { createInterface } from 'node:readline';

/** Answers every line of JSON on stdin with one on stdout; ends with stdin. Failures answer with `error`. */
export async function serveLines(
  answer: (request: Record<string, unknown>) => Promise<object>,
): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Record<string, unknown>;
    answer(request).then(reply, (error: unknown) => {
      reply({ error: String(error) });
    });
    function reply(value: object): void {
      process.stdout.write(`${JSON.stringify({ ...value, n: request['n'] })}\n`);
    }
  }
}
