import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A panel of the dashboard, as far as the tests look at it. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly noValue?: string; readonly color?: object };
  };
}

/** An alert of rules.yml: its name, and what stands behind `expr` and `help`. */
export interface Rule {
  readonly name: string;
  readonly expression: string;
  readonly help: string;
}

export const dashboard = JSON.parse(
  readFileSync(`${root}/deploy/grafana/dashboards/waystation.json`, 'utf8'),
) as { readonly uid: string; readonly panels: readonly Panel[] };

/** Every query of the dashboard. */
export function panelQueries(): string[] {
  return dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

/** Every alert, in the order of the file. */
export function alertRules(): Rule[] {
  const text = readFileSync(`${root}/deploy/prometheus/rules.yml`, 'utf8');
  const blocks = text.split(/^ {6}- alert: /m).slice(1);
  return blocks.map((block) => {
    const [, folded, line] = /^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/m.exec(block) ?? [];
    return {
      name: /^\w+/.exec(block)?.[0] ?? '',
      expression: folded ?? line ?? '',
      help: /^ {10}help: '(.*)'$/m.exec(block)?.[1] ?? '',
    };
  });
}

/** Names of metrics in an expression: words that are no function, label or value. */
export function namesIn(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '')
    .replace(/\boffset\s+\w+/g, '');
  const words = bare.match(/[a-zA-Z_][a-zA-Z0-9_]*\b(?!\s*\()/g) ?? [];
  return words.filter((word) => !['and', 'or', 'unless', 'bool', 'by'].includes(word));
}
