import { loadAll, YAML11_SCHEMA } from 'js-yaml';

/** Parts of the Kubernetes API that the chart uses, as far as tests look at them. */
export interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}
export type Labels = Readonly<Record<string, string>>;

export interface Workload extends Manifest {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly strategy?: { readonly type?: string; readonly rollingUpdate?: unknown };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
  };
}

export interface Pod {
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env?: readonly EnvVariable[];
  readonly ports?: readonly ContainerPort[];
  readonly lifecycle?: unknown;
  readonly securityContext?: unknown;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

export interface EnvVariable {
  readonly name: string;
  readonly value?: unknown;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

export interface ContainerPort {
  readonly name: string;
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly protocol?: string;
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}

export interface ServiceManifest extends Manifest {
  readonly spec: {
    readonly type?: string;
    readonly externalTrafficPolicy?: string;
    readonly ipFamilyPolicy?: string;
    readonly selector: Labels;
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly targetPort: string;
      readonly protocol?: string;
    }[];
  };
}

export interface PolicyManifest extends Manifest {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Labels };
    readonly ingress: readonly {
      readonly from?: readonly unknown[];
      readonly ports: readonly { readonly port: number; readonly protocol: string }[];
    }[];
  };
}

/** Everything in a rendering. Kubernetes reads YAML 1.1, where a bare y is a boolean. */
export function manifestsOf(rendered: string): Manifest[] {
  return loadAll(rendered, { schema: YAML11_SCHEMA }).filter(
    (one): one is Manifest => typeof one === 'object' && one !== null,
  );
}

/** Those of one kind. */
export function ofKind<M extends Manifest>(manifests: readonly Manifest[], kind: string): M[] {
  return manifests.filter((one): one is M => one.kind === kind);
}

/** Everything that makes pods. */
export function workloads(manifests: readonly Manifest[]): Workload[] {
  return [
    ...ofKind<Workload>(manifests, 'Deployment'),
    ...ofKind<Workload>(manifests, 'StatefulSet'),
  ];
}

/** The part that a pod plays: registry, rendezvous, relay, api, prober, cli, redis. */
export function componentOf(labels: Labels | undefined): string {
  return labels?.['app.kubernetes.io/component'] ?? '';
}

/** Whether a selector chooses what has these labels. */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
