import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { natRules, SILENT_FIREWALL, type NatKind } from './nat-rules.js';

const run = promisify(execFile);
/** `ip netns exec` shows the files of this folder to the namespace of the same name instead of those of /etc. */
const NAMESPACE_FILES = '/etc/netns';

/**
 * Home routers do not check sequence numbers, as their makers switch this on. A router that does check them takes the
 * answer of a device that listens where it has just dialled for a stray packet: TCP punching fails there.
 */
const LENIENT = 'net.netfilter.nf_conntrack_tcp_be_liberal=1';

/** A computer in a namespace of its own. */
export interface LabHost {
  readonly namespace: string;
  /** Its own address; private behind a NAT. */
  readonly ip: string;
}

/** A router that translates addresses for the hosts behind it. */
export interface LabNat {
  readonly kind: NatKind;
  readonly namespace: string;
  /** The one address under which the world sees its hosts. */
  readonly ip: string;
  readonly number: number;
  hosts: number;
  readonly segments: Set<number>;
}

/**
 * A small internet out of network namespaces: one router in the middle, hosts and NATs around it, each on a
 * link of its own. Public addresses are from 198.18.0.0/15, private ones from 10.0.0.0/8 and fd98::/16; nothing
 * of it is visible outside the namespaces. Needs root, `ip` and `nft`.
 */
export class Lab {
  private readonly namespaces: string[] = [];
  private links = 0;
  private readonly onExit = (): void => {
    this.removeNow();
  };

  private constructor(
    private readonly prefix: string,
    /** Host names that every computer here knows. */
    private readonly names: Readonly<Record<string, string>>,
  ) {}

  /** Why there can be no lab on this machine, in words; undefined when there can. */
  static async obstacle(): Promise<string | undefined> {
    const probe = `lab-${String(process.pid)}-probe`;
    try {
      await run('ip', ['netns', 'add', probe]);
      await run('ip', ['netns', 'exec', probe, 'nft', 'add', 'table', 'ip', 'nat']);
      return undefined;
    } catch (error) {
      return `network namespaces with NAT are not to be had here: ${String(error).split('\n')[0] ?? ''}`;
    } finally {
      await run('ip', ['netns', 'del', probe]).catch(() => undefined);
    }
  }

  /** The router in the middle. `names` maps host names to addresses, for IPv4 and IPv6 alike: 'name' or 'name/6'. */
  static async create(names: Readonly<Record<string, string>> = {}): Promise<Lab> {
    const lab = new Lab(`lab-${String(process.pid)}`, names);
    process.once('exit', lab.onExit);
    try {
      await lab.add('core');
      await lab.sysctl('core', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  /** The address that the n-th link (from 1) gives to what hangs on it. */
  static publicAddress(link: number, family: 4 | 6 = 4): string {
    return family === 4 ? `198.18.${String(link)}.2` : `fd98:${String(link)}::2`;
  }

  /** A host on the public net, with IPv4, IPv6 or both. */
  async host(name: string, families: readonly (4 | 6)[] = [4]): Promise<LabHost> {
    const link = await this.attach(name, families);
    return {
      namespace: this.full(name),
      ip: Lab.publicAddress(link, families[0] ?? 4),
    };
  }

  /** A NAT on the public net. */
  async nat(name: string, kind: NatKind): Promise<LabNat> {
    const number = await this.attach(name, [4]);
    await this.sysctl(name, 'net.ipv4.ip_forward=1', LENIENT);
    const ip = Lab.publicAddress(number);
    const rules = natRules(kind, ip, `10.${String(number)}.0.10`);
    await this.inside(this.full(name), ['nft', rules]);
    const namespace = this.full(name);
    return { kind, namespace, ip, number, hosts: 0, segments: new Set() };
  }

  /** A host behind `nat`; hosts of different segments do not reach each other inside. */
  async behind(nat: LabNat, name: string, segment = 0): Promise<LabHost> {
    const network = `10.${String(nat.number)}.${String(segment)}`;
    const bridge = `lan${String(segment)}`;
    await this.add(name);
    if (!nat.segments.has(segment)) {
      nat.segments.add(segment);
      await this.ip('-n', nat.namespace, 'link', 'add', bridge, 'type', 'bridge');
      await this.ip('-n', nat.namespace, 'addr', 'add', `${network}.1/24`, 'dev', bridge);
      await this.ip('-n', nat.namespace, 'link', 'set', bridge, 'up');
      // A container engine on this machine makes bridges filter like routers; a switch does not.
      await this.inside(nat.namespace, ['sysctl', '-eqw', 'net.bridge.bridge-nf-call-iptables=0']);
    }
    const ip = `${network}.${String(10 + nat.hosts++)}`;
    const port = `p${String(nat.hosts)}`;
    await this.wire(nat.namespace, port, this.full(name));
    await this.ip('-n', nat.namespace, 'link', 'set', port, 'master', bridge);
    await this.address(this.full(name), `${ip}/24`, `${network}.1`);
    return { namespace: this.full(name), ip };
  }

  /** Gives a host a firewall that answers closed ports with silence, as desktop systems have it. */
  async silence(host: LabHost): Promise<void> {
    await this.inside(host.namespace, ['nft', SILENT_FIREWALL]);
  }

  /** Sets kernel settings of a host, each `name=value`. */
  async tune(host: LabHost, ...settings: string[]): Promise<void> {
    await this.inside(host.namespace, ['sysctl', '-qw', ...settings]);
  }

  /** Starts a program inside a host, with pipes for its input and output. */
  start(host: LabHost, command: string, args: readonly string[]): ChildProcess {
    return spawn('ip', ['netns', 'exec', host.namespace, command, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /** Removes everything; end the programs inside before. */
  async close(): Promise<void> {
    process.off('exit', this.onExit);
    for (const namespace of this.namespaces.splice(0)) {
      await this.ip('netns', 'del', namespace).catch(() => undefined);
      await rm(join(NAMESPACE_FILES, namespace), { recursive: true, force: true });
    }
  }

  private removeNow(): void {
    for (const namespace of this.namespaces) {
      spawnSync('ip', ['netns', 'del', namespace]);
      rmSync(join(NAMESPACE_FILES, namespace), { recursive: true, force: true });
    }
  }

  private async attach(name: string, families: readonly (4 | 6)[]): Promise<number> {
    const link = ++this.links;
    await this.add(name, families);
    const core = this.full('core');
    const port = `w${String(link)}`;
    await this.wire(core, port, this.full(name));
    for (const family of families) {
      const far = Lab.publicAddress(link, family);
      const near = far.replace(/2$/, '1');
      const bits = family === 4 ? '24' : '64';
      const flags = family === 4 ? [] : ['nodad'];
      await this.ip('-n', core, 'addr', 'add', `${near}/${bits}`, 'dev', port, ...flags);
      await this.address(this.full(name), `${far}/${bits}`, near, flags);
    }
    return link;
  }

  private async wire(here: string, port: string, there: string): Promise<void> {
    const peer = ['peer', 'name', 'eth0', 'netns', there];
    await this.ip('-n', here, 'link', 'add', port, 'type', 'veth', ...peer);
    await this.ip('-n', here, 'link', 'set', port, 'up');
    await this.ip('-n', there, 'link', 'set', 'eth0', 'up');
  }

  private async address(
    namespace: string,
    address: string,
    gateway: string,
    flags: readonly string[] = [],
  ): Promise<void> {
    await this.ip('-n', namespace, 'addr', 'add', address, 'dev', 'eth0', ...flags);
    const family = gateway.includes(':') ? ['-6'] : [];
    await this.ip(...family, '-n', namespace, 'route', 'add', 'default', 'via', gateway);
  }

  private async add(name: string, families: readonly (4 | 6)[] = [4]): Promise<void> {
    const namespace = this.full(name);
    this.namespaces.push(namespace);
    await this.ip('netns', 'add', namespace);
    await this.ip('-n', namespace, 'link', 'set', 'lo', 'up');
    const lines = Object.entries(this.names).filter(([key]) =>
      key.endsWith('/6') ? families.includes(6) : families.includes(4),
    );
    const hosts = lines.map(([key, ip]) => `${ip} ${key.replace('/6', '')}\n`).join('');
    await mkdir(join(NAMESPACE_FILES, namespace), { recursive: true });
    await writeFile(join(NAMESPACE_FILES, namespace, 'hosts'), `127.0.0.1 localhost\n${hosts}`);
  }

  private async sysctl(name: string, ...settings: string[]): Promise<void> {
    await this.inside(this.full(name), ['sysctl', '-qw', ...settings]);
  }

  private async inside(namespace: string, command: readonly string[]): Promise<void> {
    await this.ip('netns', 'exec', namespace, ...command);
  }

  private async ip(...args: string[]): Promise<void> {
    await run('ip', args);
  }

  private full(name: string): string {
    return `${this.prefix}-${name}`;
  }
}
