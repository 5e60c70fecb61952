// Renders the chart anew after a change; needs helm in the path: node test/dist/helm/write.js
import { writeFileSync } from 'node:fs';
import { helm, origin, renderedFile, SHAPES, withoutChance, type Shape } from './shapes.js';

for (const shape of Object.keys(SHAPES) as Shape[]) {
  const answer = helm(...SHAPES[shape]);
  if (answer?.status !== 0) throw new Error(answer?.stderr ?? 'helm is not installed here');
  writeFileSync(renderedFile(shape), `${origin(shape)}\n${withoutChance(answer.stdout)}`);
}
