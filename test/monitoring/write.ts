// Writes docs/metrics.md from running services: npm run generate
import { writeFileSync } from 'node:fs';
import { metricsPage } from './page.js';
import { seriesOf, startWholeStack } from './series.js';

const stack = await startWholeStack();
try {
  const page = metricsPage(await seriesOf(stack));
  writeFileSync(new URL('../../../docs/metrics.md', import.meta.url), page);
} finally {
  await stack.stop();
}
