import {
  Device,
  NothingCame,
  loopbackAddress,
  type DeviceOptions,
  type Session,
  type Stack,
} from '@waystation/testkit';

/** Devices that begin to register at the same time. */
const REGISTERING_AT_ONCE = 25;
/** A device looks this often whether it is still wanted. */
const LOOK_MS = 2_000;

/** How a fleet is made up. */
export interface FleetOptions {
  readonly udp: number;
  readonly tcp: number;
  readonly ws: number;
  /** Milliseconds between two heartbeats of a device, and its pause before a new connection. */
  readonly heartbeatMs: number;
  /** The rendezvous replica of the n-th device; default 0, as all replicas share one port. */
  readonly place?: (n: number) => number;
}

/** Many devices, each from an address of its own, that send back whatever a caller sends them. */
export class Fleet {
  readonly devices: Device[] = [];

  private constructor() {}

  /** Registers all of them. */
  static async start(stack: Stack, options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet();
    const kinds = (['udp', 'tcp', 'ws'] as const).flatMap((kind) =>
      Array<typeof kind>(options[kind]).fill(kind),
    );
    kinds.forEach((transport, n) => fleet.join(stack, n, transport, options));
    while (fleet.waiting.length > 0) {
      const batch = fleet.waiting.splice(0, REGISTERING_AT_ONCE);
      await Promise.all(batch.map((device) => device.start()));
    }
    return fleet;
  }

  private readonly waiting: Device[] = [];
  private readonly adopted: Device[] = [];
  private stopped = false;

  /** All ids, in the order of the devices. */
  get ids(): string[] {
    return this.devices.map(({ id }) => id);
  }

  /** The device at `n`, counted round and round. */
  at(n: number): Device {
    const device = this.devices[n % this.devices.length];
    if (!device) throw new Error('the fleet is empty');
    return device;
  }

  /** Lets one more device send back what it hears, and ends it with the fleet if nobody did before. */
  adopt(device: Device): void {
    this.adopted.push(device);
    void this.serve(device);
  }

  /** Ends all of them. */
  stop(): void {
    this.stopped = true;
    for (const device of this.adopted) device.stop();
  }

  private join(
    stack: Stack,
    n: number,
    transport: DeviceOptions['transport'],
    { heartbeatMs, place = () => 0 }: FleetOptions,
  ): void {
    const device = new Device({
      server: stack.server(place(n)),
      key: stack.key,
      from: loopbackAddress(1000 + n),
      transport: transport ?? 'udp',
      heartbeatMs,
    });
    this.devices.push(device);
    this.waiting.push(device);
    this.adopt(device);
  }

  private async serve(device: Device): Promise<void> {
    while (!this.stopped) {
      try {
        echo(await device.session(LOOK_MS)).catch((error: unknown) => {
          device.fault(error);
        });
      } catch (error) {
        if (!(error instanceof NothingCame)) throw error;
      }
    }
  }
}

async function echo({ leg }: Session): Promise<void> {
  for (let said = await leg.receive(); said; said = await leg.receive()) await leg.send(said);
}
