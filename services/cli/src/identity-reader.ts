import { Events } from '@waystation/bus';
import { setTimeout as sleep } from 'node:timers/promises';
import { Identities, type Identity, type Redis } from '@waystation/state';

/** As long as any other command to Redis may take. */
const START_MS = 5_000;

/**
 * Every identity by its id, while devices register, are renamed and removed: a scan may miss what
 * moves under it, so what the registry tells meanwhile is read again at the end.
 */
export async function readIdentities(
  redis: Redis,
  redisUrl: string,
): Promise<Map<string, Identity>> {
  const identities = new Identities(redis);
  const moved = new Set<string>();
  const events = new Events(redisUrl);
  events.on('identityChanged', ({ id, newId }) => {
    moved.add(id);
    if (newId !== undefined) moved.add(newId);
  });
  try {
    await inTime(events.start());
    const found = new Map<string, Identity>();
    for await (const batch of identities.all()) {
      for (const identity of batch) found.set(identity.id, identity);
    }
    const ids = [...moved];
    const now = await identities.getMany(ids);
    ids.forEach((id, index) => {
      const identity = now[index];
      if (identity === undefined) found.delete(id);
      else found.set(id, identity);
    });
    return found;
  } finally {
    await events.stop();
  }
}

/** Nest's transport waits for ever for a Redis that takes the connection and says nothing. */
async function inTime(started: Promise<void>): Promise<void> {
  const given = new AbortController();
  const late = sleep(START_MS, undefined, { signal: given.signal }).then(() => {
    throw new Error('Command timed out');
  });
  try {
    await Promise.race([started, late]);
  } finally {
    given.abort();
  }
}
