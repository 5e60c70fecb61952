import {
  Caller,
  Device,
  dial,
  loopbackAddress,
  type CallerOptions,
  type CallerSession,
  type DeviceOptions,
  type Leg,
  type ServerAddress,
  type Session,
  type Stack,
  type Transport,
} from '@waystation/testkit';

/** Which replicas the clients of a scenario talk to. */
export interface Places {
  /** Where callees register. */
  readonly callee: ServerAddress;
  /** Where callees bring their answers. */
  readonly answer: ServerAddress;
  /** Where callers ask. */
  readonly caller: ServerAddress;
}

/** What a user can do, played once on a stage. */
export interface Scenario {
  readonly title: string;
  readonly run: (stage: Stage) => Promise<void>;
  /** Moves so much that playing it in every arrangement of replicas would teach nothing new. */
  readonly heavy?: boolean;
}

/** Clients of one scenario: each with a public address of its own, all gone when it ends. */
export class Stage {
  private static addresses = 0;
  private readonly devices: Device[] = [];
  private readonly callers: Caller[] = [];
  private readonly legs: Leg[] = [];

  constructor(
    readonly stack: Stack,
    readonly places: Places,
  ) {}

  /** Every relay that a server may hand out. */
  get relayAddresses(): string[] {
    return this.stack.relays.map((_, index) => this.stack.relayAddress(index));
  }

  /** A source address no other client of this process has. */
  newAddress(): string {
    return loopbackAddress(Stage.addresses++);
  }

  /** A registered device. */
  device(options: Partial<DeviceOptions> = {}): Promise<Device> {
    return this.unregisteredDevice(options).start();
  }

  /** A device that did not begin to register. */
  unregisteredDevice(options: Partial<DeviceOptions> = {}): Device {
    const device = new Device({
      server: this.places.callee,
      answerServer: this.places.answer,
      key: this.stack.key,
      from: this.newAddress(),
      ...options,
    });
    this.devices.push(device);
    return device;
  }

  /** A client that controls others. */
  caller(options: Partial<CallerOptions> = {}): Caller {
    const caller = new Caller({
      server: this.places.caller,
      key: this.stack.key,
      from: this.newAddress(),
      ...options,
    });
    this.callers.push(caller);
    return caller;
  }

  /** A bare connection from a caller's place to the rendezvous. */
  async dialCaller(transport: Transport = 'tcp'): Promise<Leg> {
    const leg = await dial(transport, { ...this.places.caller, from: this.newAddress() });
    this.legs.push(leg);
    return leg;
  }

  /** Ends every client. */
  clear(): void {
    for (const leg of this.legs.splice(0)) leg.abort();
    for (const caller of this.callers.splice(0)) caller.stop();
    for (const device of this.devices.splice(0)) device.stop();
  }
}

/** Both ends of the session that `caller` opens to `device`. */
export async function meet(caller: Caller, device: Device): Promise<[CallerSession, Session]> {
  const arrival = device.session();
  // When the caller fails, its failure says more than the session that then does not come.
  arrival.catch(() => undefined);
  const mine = await caller.connect(device.id);
  return [mine, await arrival];
}
