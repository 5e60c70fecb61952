/** Life of a replica's lease; refreshed every LEASE_REFRESH_MS. */
export const LEASE_MS = 10_000;
/** How often a replica refreshes its lease. */
export const LEASE_REFRESH_MS = 3_000;
/** How long the ops port of a replica that fell stays listed, so that its fall is seen. */
export const OPS_ADDRESS_MS = 180_000;
/** Life of the registry's leader lease: a standby takes over within this and one try. */
export const LEADER_LEASE_MS = 6_000;
/** How long a caller waits for its answer, protocol 6.0 "pending punches". */
export const WAITING_MS = 30_000;
/** How long the first leg of a session waits for the second one. */
export const PAIR_MS = 30_000;
/** How long a relay uuid may be joined after a rendezvous has issued its ticket. */
export const TICKET_MS = 60_000;
/** How long after the newest one orders to end sessions are kept: longer than relays stay cut off from Redis. */
export const CLOSE_ORDER_MS = 86_400_000;
/** How long a used relay uuid is remembered: longer than its ticket and a leg that waits with it. */
export const USED_TICKET_MS = 120_000;
/** How long a punch request that was let through opens the way to a relay, protocol 6.9. */
export const RELAY_GRANT_MS = 120_000;
/** How long the caller that redeemed a switch code may go on with it: its repeats and its relay request. */
export const SWITCH_TAKEN_MS = 120_000;
/** How long after its answer a caller may open the connection that shows that its session lives. */
export const SESSION_EXPECTED_MS = 60_000;
/** How long one leave of the prober holds, for one look through the public address. */
export const PROBE_GRANT_MS = 120_000;
/** Window of the limit on registrations of one id: "more than 6 full seconds", protocol 6.2. */
export const CLAIM_WINDOW_MS = 7_000;
/** Windows of the limits on one address and on everybody. */
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
