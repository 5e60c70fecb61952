import type { SessionChoice } from '@waystation/bus';
import type { Ticket } from '@waystation/state';

/** Says whether a session, or a leg on its way into one, is meant. */
export type Fits = (uuid: string, ticket: Ticket | undefined) => boolean;

/** Meant is what fits everything that the choice names; without a ticket only the uuid can fit. */
export function fitsChoice({ uuid, attempt, devices, user }: SessionChoice): Fits {
  return (one, ticket) => {
    if (uuid !== undefined && uuid !== one) return false;
    if (attempt !== undefined && attempt !== ticket?.attempt) return false;
    if (user !== undefined && user !== ticket?.user) return false;
    const parts = [ticket?.callee, ticket?.callerId];
    return devices === undefined || devices.every((id) => parts.includes(id));
  };
}
