import { OpsAddresses, Replicas, type Redis } from '@waystation/state';

const ANSWER_MS = 1_500;

/** Names of the services of which a replica runs: by their leases, the api by its ops port. */
export async function runningServices(redis: Redis): Promise<Set<string>> {
  const live = await new Replicas(redis).live();
  const running = new Set(live.map(({ service }) => service));
  const told = await new OpsAddresses(redis).list();
  // an entry outlives a replica that fell, so it has to answer
  await Promise.all(
    told.map(async ({ service, address }) => {
      if (!running.has(service) && (await answers(address))) running.add(service);
    }),
  );
  return running;
}

async function answers(address: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`http://${address}/healthz`, { signal });
    await response.arrayBuffer();
    return true;
  } catch {
    // gone, or out of our reach
    return false;
  }
}
