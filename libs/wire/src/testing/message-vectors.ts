import { Buffer } from 'node:buffer';
import { NatType, PunchHoleFailure, RegisterPkResult } from '../enums.js';
import type { MessageName, Messages } from '../messages.js';

/** Reference bytes of one message; `value` names the fields that are not at their default. */
export type MessageVector = {
  [N in MessageName]: {
    readonly name: N;
    readonly value: Partial<Messages[N]>;
    readonly hex: string;
  };
}[MessageName];

const caller = Buffer.from('f4a8f0ac682470fe8964', 'hex');
const relayServer = 'relay.example.com:21117';
const relayHex = '1772656c61792e6578616d706c652e636f6d3a3231313137';
const deviceKey = '2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12';
const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** Computed with other implementations than this codec. For tests. */
export const messageVectors: readonly MessageVector[] = [
  { name: 'registerPeer', value: { id: '123456789' }, hex: '320b0a09313233343536373839' },
  {
    name: 'registerPeer',
    value: { id: '123456789', serial: 3 },
    hex: '320d0a093132333435363738391003',
  },
  { name: 'registerPeerResponse', value: {}, hex: '3a00' },
  { name: 'registerPeerResponse', value: { requestPk: true }, hex: '3a021001' },
  {
    name: 'registerPk',
    value: {
      id: '123456789',
      uuid: Buffer.from('machine-1'),
      pk: Buffer.from(deviceKey, 'hex'),
    },
    hex: `7a380a0931323334353637383912096d616368696e652d311a20${deviceKey}`,
  },
  { name: 'registerPkResponse', value: { result: RegisterPkResult.OK }, hex: '820100' },
  {
    name: 'registerPkResponse',
    value: { result: RegisterPkResult.UUID_MISMATCH },
    hex: '8201020802',
  },
  {
    name: 'registerPkResponse',
    value: { result: RegisterPkResult.TOO_FREQUENT },
    hex: '8201020804',
  },
  {
    name: 'registerPkResponse',
    value: { result: RegisterPkResult.NOT_SUPPORT },
    hex: '8201020806',
  },
  { name: 'registerPkResponse', value: { keepAlive: 30 }, hex: '820102101e' },
  { name: 'testNatRequest', value: {}, hex: 'a20100' },
  { name: 'testNatRequest', value: { serial: 3 }, hex: 'a201020803' },
  { name: 'testNatResponse', value: { port: 50000 }, hex: 'aa010408d08603' },
  {
    name: 'punchHoleRequest',
    value: { id: '123456789', natType: NatType.ASYMMETRIC, licenceKey: 'k', version: '1.4.9' },
    hex: '42170a0931323334353637383910011a016b3205312e342e39',
  },
  {
    name: 'punchHole',
    value: { socketAddr: caller, relayServer, natType: NatType.SYMMETRIC },
    hex: `4a270a0af4a8f0ac682470fe896412${relayHex}1802`,
  },
  {
    name: 'punchHole',
    value: {
      socketAddr: caller,
      natType: NatType.SYMMETRIC,
      controlPermissions: { permissions: 66n },
    },
    hex: '4a120a0af4a8f0ac682470fe8964180242020842',
  },
  {
    name: 'fetchLocalAddr',
    value: { socketAddr: caller, relayServer },
    hex: `62250a0af4a8f0ac682470fe896412${relayHex}`,
  },
  {
    name: 'punchHoleSent',
    value: {
      socketAddr: caller,
      id: '123456789',
      relayServer,
      natType: NatType.ASYMMETRIC,
      version: '1.4.9',
    },
    hex: `52390a0af4a8f0ac682470fe896412093132333435363738391a${relayHex}20012a05312e342e39`,
  },
  {
    name: 'punchHoleResponse',
    value: { failure: PunchHoleFailure.ID_NOT_EXIST },
    hex: '5a00',
  },
  { name: 'punchHoleResponse', value: { failure: PunchHoleFailure.OFFLINE }, hex: '5a021802' },
  {
    name: 'punchHoleResponse',
    value: { failure: PunchHoleFailure.LICENSE_MISMATCH },
    hex: '5a021803',
  },
  {
    name: 'requestRelay',
    value: { uuid, licenceKey: 'k' },
    hex: '920129122430663866616435622d643963622d343639662d613136352d37303836373732383935306532016b',
  },
  {
    name: 'onlineRequest',
    value: { id: '111111111', peers: ['123456789', '987654321'] },
    hex: 'ba01210a0931313131313131313112093132333435363738391209393837363534333231',
  },
  {
    name: 'onlineResponse',
    value: { states: Buffer.from('a040', 'hex') },
    hex: 'c201040a02a040',
  },
  {
    name: 'configureUpdate',
    value: { serial: 4, rendezvousServers: ['a.example.com', 'b.example.com'] },
    hex: '72200804120d612e6578616d706c652e636f6d120d622e6578616d706c652e636f6d',
  },
  { name: 'softwareUpdate', value: { url: '1.1.9' }, hex: '8a01070a05312e312e39' },
  { name: 'hc', value: { token: 't' }, hex: 'd201030a0174' },
  {
    name: 'httpProxyResponse',
    value: {
      status: 200,
      headers: [{ name: 'content-type', value: 'application/json' }],
      body: Buffer.from('{}'),
    },
    hex: 'e2012908c80112200a0c636f6e74656e742d7479706512106170706c69636174696f6e2f6a736f6e1a027b7d',
  },
];
