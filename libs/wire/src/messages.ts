// The plain shapes of the messages in proto/rendezvous.proto; what each field means stands there.
// After decoding every field is present. Only sub-messages and members of a oneof can be undefined.
// Enum fields are plain numbers, because a newer client may send one that we do not know.

export interface RegisterPeer {
  id: string;
  serial: number;
}

export interface RegisterPeerResponse {
  requestPk: boolean;
}

export interface PunchHoleRequest {
  id: string;
  natType: number;
  licenceKey: string;
  connType: number;
  token: string;
  version: string;
  udpPort: number;
  forceRelay: boolean;
  upnpPort: number;
  socketAddrV6: Buffer;
  switchCode: string;
}

export interface ControlPermissions {
  permissions: bigint;
}

export interface ControlledContext {
  connAuditRef: string;
}

export interface PunchHole {
  socketAddr: Buffer;
  relayServer: string;
  natType: number;
  udpPort: number;
  forceRelay: boolean;
  upnpPort: number;
  socketAddrV6: Buffer;
  controlPermissions: ControlPermissions | undefined;
  controlledContext: ControlledContext | undefined;
}

export interface TestNatRequest {
  serial: number;
}

export interface TestNatResponse {
  port: number;
  cu: ConfigUpdate | undefined;
}

export interface PunchHoleSent {
  socketAddr: Buffer;
  id: string;
  relayServer: string;
  natType: number;
  version: string;
  upnpPort: number;
  socketAddrV6: Buffer;
}

export interface RegisterPk {
  id: string;
  uuid: Buffer;
  pk: Buffer;
  oldId: string;
  noRegisterDevice: boolean;
}

export interface RegisterPkResponse {
  result: number;
  keepAlive: number;
}

/** `natType` and `isLocal` exclude each other: set at most one. */
export interface PunchHoleResponse {
  socketAddr: Buffer;
  pk: Buffer;
  failure: number;
  relayServer: string;
  natType: number | undefined;
  isLocal: boolean | undefined;
  otherFailure: string;
  feedback: number;
  isUdp: boolean;
  upnpPort: number;
  socketAddrV6: Buffer;
}

export interface ConfigUpdate {
  serial: number;
  rendezvousServers: string[];
}

export interface RequestRelay {
  id: string;
  uuid: string;
  socketAddr: Buffer;
  relayServer: string;
  secure: boolean;
  licenceKey: string;
  connType: number;
  token: string;
  controlPermissions: ControlPermissions | undefined;
  controlledContext: ControlledContext | undefined;
  switchCode: string;
}

/** `id` and `pk` exclude each other: set at most one. */
export interface RelayResponse {
  socketAddr: Buffer;
  uuid: string;
  relayServer: string;
  id: string | undefined;
  pk: Buffer | undefined;
  refuseReason: string;
  version: string;
  feedback: number;
  socketAddrV6: Buffer;
  upnpPort: number;
}

export interface SoftwareUpdate {
  url: string;
}

export interface FetchLocalAddr {
  socketAddr: Buffer;
  relayServer: string;
  socketAddrV6: Buffer;
  controlPermissions: ControlPermissions | undefined;
  controlledContext: ControlledContext | undefined;
}

export interface LocalAddr {
  socketAddr: Buffer;
  localAddr: Buffer;
  relayServer: string;
  id: string;
  version: string;
  socketAddrV6: Buffer;
}

export interface PeerDiscovery {
  cmd: string;
  mac: string;
  id: string;
  username: string;
  hostname: string;
  platform: string;
  misc: string;
}

export interface OnlineRequest {
  id: string;
  peers: string[];
}

export interface OnlineResponse {
  states: Buffer;
}

export interface KeyExchange {
  keys: Buffer[];
}

export interface HealthCheck {
  token: string;
}

export interface HeaderEntry {
  name: string;
  value: string;
}

export interface HttpProxyRequest {
  method: string;
  path: string;
  headers: HeaderEntry[];
  body: Buffer;
}

export interface HttpProxyResponse {
  status: number;
  headers: HeaderEntry[];
  body: Buffer;
  error: string;
}

/** Every member of the envelope's union, by its name. */
export interface Messages {
  registerPeer: RegisterPeer;
  registerPeerResponse: RegisterPeerResponse;
  punchHoleRequest: PunchHoleRequest;
  punchHole: PunchHole;
  punchHoleSent: PunchHoleSent;
  punchHoleResponse: PunchHoleResponse;
  fetchLocalAddr: FetchLocalAddr;
  localAddr: LocalAddr;
  configureUpdate: ConfigUpdate;
  registerPk: RegisterPk;
  registerPkResponse: RegisterPkResponse;
  softwareUpdate: SoftwareUpdate;
  requestRelay: RequestRelay;
  relayResponse: RelayResponse;
  testNatRequest: TestNatRequest;
  testNatResponse: TestNatResponse;
  peerDiscovery: PeerDiscovery;
  onlineRequest: OnlineRequest;
  onlineResponse: OnlineResponse;
  keyExchange: KeyExchange;
  hc: HealthCheck;
  httpProxyRequest: HttpProxyRequest;
  httpProxyResponse: HttpProxyResponse;
}

export type MessageName = keyof Messages;

/** A decoded message: its union name and its value. */
export type RendezvousMessage = {
  [N in MessageName]: { readonly name: N; readonly value: Messages[N] };
}[MessageName];
