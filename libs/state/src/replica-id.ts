import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;

/** Names one running copy of a service, e.g. `rendezvous-3fa91c04`; new at every start. */
export type ReplicaId = string & { readonly [brand]: 'ReplicaId' };

/** A fresh name for this process. */
export function newReplicaId(service: string): ReplicaId {
  return `${service}-${randomBytes(4).toString('hex')}` as ReplicaId;
}

/** Takes a name that came from Redis or another replica. */
export function asReplicaId(text: string): ReplicaId {
  return text as ReplicaId;
}
