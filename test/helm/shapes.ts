import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const CHART = `${root}/deploy/helm/waystation`;
/** Service names of this release begin as settings do, which Kubernetes must not make use of. */
const RELEASE = 'waystation';

/** What operators set, in two shapes that between them take every branch of the templates. */
export const SHAPES = {
  // one name, host ports, everything inside
  plain: ['host=desk.example.org'],
  // balancers, and whatever can be elsewhere is elsewhere
  full: [
    'host=desk.example.org',
    'existingSecret=ours',
    'settingsSecret=mail',
    'settings.TRUSTED_PROXIES=10.0.0.0/8',
    'settings.LIMIT_NEW_IDS_PER_DAY=1000000',
    'settings.REQUIRE_APPROVAL=true',
    'ipFamilyPolicy=PreferDualStack',
    'image.pullSecrets[0].name=registry',
    'registry.replicas=2',
    'registry.storage.shared=true',
    'registry.storage.className=nfs',
    'rendezvous.exposure=loadBalancer',
    'rendezvous.loadBalancer.ip=192.0.2.10',
    'rendezvous.nodeSelector.front=yes',
    'relay.exposure=loadBalancer',
    'relay.loadBalancer.annotations.pool=public',
    'relay.drainSeconds=600',
    'relay.autoscaling.enabled=true',
    'api.replicas=2',
    'api.database=postgres',
    'api.storage.shared=true',
    'api.storage.className=nfs',
    'api.serviceType=ClusterIP',
    'api.ingress.enabled=true',
    'api.ingress.className=nginx',
    'api.ingress.tls[0].secretName=desk-tls',
    'redis.enabled=false',
    'cli.enabled=true',
  ],
} as const;
export type Shape = keyof typeof SHAPES;

/** What helm answered. */
export interface HelmAnswer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Renders the chart; undefined when helm is not installed. */
export function helm(...set: readonly string[]): HelmAnswer | undefined {
  const values = set.flatMap((one) => ['--set', one]);
  const args = ['template', RELEASE, CHART, '--kube-version', '1.30', ...values];
  const { status, stdout, stderr, error } = spawnSync('helm', args, { encoding: 'utf8' });
  return error === undefined ? { status, stdout, stderr } : undefined;
}

/** The committed rendering of a shape. */
export function renderedFile(shape: Shape): string {
  return `${root}/test/helm/rendered/${shape}.yaml`;
}

/** First line of a rendering: what it was made of. Another byte in the chart is another line. */
export function origin(shape: Shape): string {
  const hash = createHash('sha256').update(JSON.stringify(SHAPES[shape]));
  const files = readdirSync(CHART, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'NOTES.txt')
    .map(({ parentPath, name }) => `${parentPath}/${name}`)
    .sort();
  for (const file of files)
    hash.update(`\n${file.slice(CHART.length)}\n`).update(readFileSync(file));
  return `# Rendered by node test/dist/helm/write.js from the chart with the sum ${hash.digest('hex')}`;
}

/** Passwords that the chart makes are other ones each time. */
export function withoutChance(rendered: string): string {
  return rendered.replace(
    /^( {2}(?:redis-password|redis-url|data-key|metrics-token): )\S+$/gm,
    '$1cmFuZG9t',
  );
}
