declare const brand: unique symbol;

/** Names one running copy of a service, e.g. `rendezvous-3fa91c`; new at every start. */
export type ReplicaId = string & { readonly [brand]: 'ReplicaId' };

/** Takes the name that this process was given, or one that came from Redis or another replica. */
export function asReplicaId(text: string): ReplicaId {
  return text as ReplicaId;
}
