import { Events } from '@waystation/bus';
import { Identities, type Identity, type Redis } from '@waystation/state';

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
  await events.start();
  try {
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
