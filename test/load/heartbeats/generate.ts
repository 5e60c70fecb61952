import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GeneratorLine, GeneratorOrder } from './generator.js';

/** Runs the generator in a process of its own; `hear` gets each line as it is printed. */
export async function generate(
  order: GeneratorOrder,
  hear: (line: GeneratorLine) => void,
): Promise<void> {
  const program = fileURLToPath(new URL('./generator.js', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    hear(JSON.parse(line) as GeneratorLine);
  }
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error(`the generator ended with ${String(code)}`);
}
