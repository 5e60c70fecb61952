/** Kind of NAT a client found in front of itself; SYMMETRIC sends the other side to the relay. */
export const NatType = { UNKNOWN_NAT: 0, ASYMMETRIC: 1, SYMMETRIC: 2 } as const;

/** Answer to RegisterPk; 1 is unused on the wire. */
export const RegisterPkResult = {
  OK: 0,
  UUID_MISMATCH: 2,
  ID_EXISTS: 3,
  TOO_FREQUENT: 4,
  INVALID_ID_FORMAT: 5,
  NOT_SUPPORT: 6,
  SERVER_ERROR: 7,
  NOT_DEPLOYED: 8,
} as const;

/** Why a punch failed; there is no value for "no failure", an empty socketAddr says that. */
export const PunchHoleFailure = {
  ID_NOT_EXIST: 0,
  OFFLINE: 2,
  LICENSE_MISMATCH: 3,
  LICENSE_OVERUSE: 4,
} as const;

/** Number n of a permission; its two bits sit at bit 2*n of ControlPermissions.permissions. */
export const Permission = {
  keyboard: 0,
  remotePrinter: 1,
  clipboard: 2,
  file: 3,
  audio: 4,
  camera: 5,
  terminal: 6,
  tunnel: 7,
  restart: 8,
  recording: 9,
  blockInput: 10,
  remoteModify: 11,
  privacyMode: 12,
} as const;
