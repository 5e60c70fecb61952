import type { SeriesOf } from './series.js';

const HEAD = `# Metrics

Every replica shows its metrics on its own ops port, on \`/metrics\` in Prometheus' text form. The registry lists the ops ports of all replicas on \`/sd\`.
How to collect them is in [operations.md](operations.md). This page is made from running services by \`npm run generate\`.

No label holds an id, an address or a uuid: how many series there are depends on the number of replicas and not on the number of devices. Prometheus adds the
labels \`service\`, \`replica\` (its name, e.g. \`relay-3fa91c\`) and \`instance\` (its ops port). A histogram is shown as \`_bucket\`, \`_sum\` and \`_count\`. Counters begin at 0 when a
replica starts.
`;

const TITLES: Readonly<Record<string, string>> = {
  registry: 'Registry',
  rendezvous: 'Rendezvous',
  relay: 'Relay',
  api: 'Api',
  prober: 'Prober',
  ops: 'Every service: its state',
  process: 'Every service: the process',
};

/** docs/metrics.md out of what every service says about its series. */
export function metricsPage(services: readonly SeriesOf[]): string {
  const sections = new Map<string, Map<string, string>>();
  for (const { service, series } of services) {
    for (const one of series) {
      const section = sectionOf(one.name, service);
      const rows = sections.get(section) ?? new Map<string, string>();
      const labels = one.labels.map((label) => `\`${label}\``).join(', ') || '–';
      const cells = [`\`${one.name}\``, one.type, unitOf(one), labels, oneLine(one.help)];
      rows.set(one.name, `| ${cells.join(' | ')} |`);
      sections.set(section, rows);
    }
  }
  const parts = Object.entries(TITLES).map(([name, title]) => {
    const rows = [...(sections.get(name) ?? new Map<string, string>()).entries()];
    const lines = rows.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return [
      `\n## ${title}\n`,
      '| name | type | unit | labels | meaning |',
      '|---|---|---|---|---|',
      ...lines,
      '',
    ];
  });
  return `${HEAD}${parts.flat().join('\n')}`;
}

function sectionOf(name: string, service: string): string {
  if (name.startsWith(`${service}_`)) return service;
  return name.startsWith('ops_') ? 'ops' : 'process';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').replace(/\.$/, '');
}

/** The unit is the last word of a name, as Prometheus wants it. */
function unitOf({ name, help }: { readonly name: string; readonly help: string }): string {
  const unit = /_(seconds|bytes)(_total)?$/.exec(name)?.[1];
  if (unit !== undefined) return unit;
  if (/^nodejs_eventloop_lag_/.test(name)) return 'seconds';
  return /^(1 while|Whether) /.test(help) ? '0 or 1' : 'number';
}
