import { randomUUID } from 'node:crypto';
import { asReplicaId, type ReplicaId } from '../replica-id.js';

/** The name of a replica that no other one has. */
export function newReplicaId(service: string): ReplicaId {
  return asReplicaId(`${service}-${randomUUID()}`);
}
