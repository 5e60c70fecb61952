/** What an operator is told about the outcome of an attempt: what it means, and what to look at. */
interface Explanation {
  readonly reached: boolean;
  readonly why: string;
  readonly hint: string;
}

const REACHED = 'The two were introduced; what became of the session stands in the session list.';

const explanations: Readonly<Record<string, Explanation>> = {
  direct: {
    reached: true,
    why: 'The caller was given the address of the device and the device that of the caller.',
    hint: REACHED,
  },
  local: {
    reached: true,
    why: 'Both are in one network, so the caller was given the private address of the device.',
    hint: REACHED,
  },
  relay: {
    reached: true,
    why: 'Both were sent to a relay.',
    hint: REACHED,
  },
  unanswered: {
    reached: false,
    why: 'The device was told, and did not answer in time.',
    hint: 'It counts as online, so it may just have lost its network, or a firewall drops what it answers.',
  },
  'caller-gone': {
    reached: false,
    why: 'The caller hung up before the device had answered.',
    hint: 'Somebody cancelled, or the network of the caller broke.',
  },
  'replica-ended': {
    reached: false,
    why: 'The rendezvous replica that the caller was connected to ended meanwhile.',
    hint: 'The client tries again by itself.',
  },
  offline: {
    reached: false,
    why: 'The device is registered here but not online.',
    hint: 'Is it switched on, and does it use this server as its ID server?',
  },
  'unknown-id': {
    reached: false,
    why: 'No device with this id has ever registered here.',
    hint: 'Is the id spelled right, and does the device use this server?',
  },
  'key-mismatch': {
    reached: false,
    why: 'The caller sent another key than that of this server.',
    hint: 'Give the client the key of this server; the client configuration string holds it.',
  },
  'key-blocked': {
    reached: false,
    why: 'The caller sent wrong keys so often that it is not listened to for a while.',
    hint: 'Give the client the key of this server, then wait some minutes.',
  },
  limited: {
    reached: false,
    why: 'Too many attempts came from this address, or for this device, within a minute.',
    hint: 'A program that tries again and again? An office behind one address may need higher limits.',
  },
  'login-required': {
    reached: false,
    why: 'This server lets only logged-in users connect, and the caller is not logged in.',
    hint: 'The user has to log in to his client.',
  },
  'no-access': {
    reached: false,
    why: 'The rules of the accounts do not give the caller this device.',
    hint: "Is the caller logged in? Give the user's group access to the device's group, or the device an owner.",
  },
  'old-callee': {
    reached: false,
    why: "The role of the caller denies something, and the device's client is too old (before 1.4.5) to keep to it.",
    hint: 'Update the client on the device, or let such devices be reached without limits: OLD_CLIENTS_WITH_ROLE=connect.',
  },
  'unsure-callee': {
    reached: false,
    why: "The role of the caller denies something, and it was not known whether the device's client keeps to it.",
    hint: 'The next attempt finds out; a stock client makes it by itself.',
  },
  'login-over': {
    reached: false,
    why: 'The login of the caller is not valid any more.',
    hint: 'The user has to log out and in again; is the account enabled?',
  },
  'foreign-relay': {
    reached: false,
    why: 'The caller named a relay that is not of this server.',
    hint: 'Take the relay server out of the settings of the client.',
  },
  'no-grant': {
    reached: false,
    why: 'The caller asked for a relay without having asked for the device before.',
    hint: 'A stock client does not do that, unless more than two minutes passed in between.',
  },
  'bad-uuid': {
    reached: false,
    why: 'The caller sent a malformed request for a relay.',
    hint: 'A stock client does not do that.',
  },
  'state-away': {
    reached: false,
    why: 'Redis could not be asked at that moment.',
    hint: 'Look at the health of Redis at that time.',
  },
};

/** The explanation of an outcome; one that a newer rendezvous has invented is explained by its name. */
export function explained(outcome: string): Explanation {
  const why = `The rendezvous refused with the code ${outcome}.`;
  const known = Object.hasOwn(explanations, outcome) ? explanations[outcome] : undefined;
  return known ?? { reached: false, why, hint: 'docs/troubleshooting.md' };
}
