import { fileURLToPath } from 'node:url';
import { Lab, type LabHost } from '@waystation/testkit';
import { Inside } from './inside.js';

const SERVER_NAME = 'waystation.test';

/** A client of the world and what it found out about itself. */
export interface Client {
  readonly title: string;
  readonly inside: Inside;
  readonly id: string;
  readonly nat: string;
}

/** A lab with the stack in the middle and clients in every kind of network. */
export class World {
  readonly clients: Client[] = [];
  private readonly programs: Inside[] = [];
  private server: { port: number; key: string } | undefined;

  private constructor(private readonly lab: Lab) {}

  static async create(): Promise<World> {
    // The server hangs on the first link.
    const lab = await Lab.create({
      [SERVER_NAME]: Lab.publicAddress(1, 4),
      [`${SERVER_NAME}/6`]: Lab.publicAddress(1, 6),
    });
    const world = new World(lab);
    try {
      await world.populate();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Ends the programs, then removes the namespaces. */
  async close(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
    await this.lab.close();
  }

  private async populate(): Promise<void> {
    const { lab } = this;
    const stack = this.run(await lab.host('server', [4, 6]), 'server.js');
    const { port, key } = await stack.ask({ host: SERVER_NAME });
    this.server = { port: Number(port), key: String(key) };
    const home = await lab.nat('home', 'easy');
    const office = await lab.nat('office', 'easy');
    const mobile = await lab.nat('mobile', 'hard');
    const hotel = await lab.nat('hotel', 'hard');
    const mapped = await lab.nat('mapped', 'one-to-one');
    const places: [string, LabHost][] = [
      ['public address', await lab.host('open')],
      ['one-to-one NAT', await lab.behind(mapped, 'mapped1')],
      ['easy NAT', await lab.behind(home, 'home1')],
      ['same LAN as that', await lab.behind(home, 'home2')],
      ['other LAN, same address', await lab.behind(home, 'home3', 1)],
      ['another easy NAT', await lab.behind(office, 'office1')],
      ['hard NAT', await lab.behind(mobile, 'mobile1')],
      ['another hard NAT', await lab.behind(hotel, 'hotel1')],
      ['IPv6 only', await lab.host('six1', [6])],
      ['also IPv6 only', await lab.host('six2', [6])],
    ];
    for (const [, host] of places.slice(0, 2)) await lab.silence(host);
    for (const [title, place] of places) await this.join(title, place);
  }

  private async join(title: string, host: LabHost): Promise<void> {
    if (!this.server) throw new Error('the server comes first');
    const inside = this.run(host, 'client.js');
    const address = Lab.publicAddress(1, host.ip.includes(':') ? 6 : 4);
    const { id, nat } = await inside.ask({ ...this.server, host: address, from: host.ip });
    this.clients.push({ title, inside, id: String(id), nat: String(nat) });
  }

  private run(host: LabHost, program: string): Inside {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const inside = new Inside(this.lab.start(host, process.execPath, [path]));
    this.programs.push(inside);
    return inside;
  }
}
