import { type Endpoint, type RedisAddress, parseRedisAddress } from '@waystation/config';
import { type Failure, type Question, askRedis, isFailure } from './redis-question.js';
import { StartError } from './start-error.js';

const PAUSE_MS = 250;

/**
 * Asks Redis for a PONG until it gives one or `patienceMs` are over; a wrong password ends it at
 * once. Through Sentinels it is the primary that they name. Throws StartError, which names REDIS_URL and the
 * remedy. A service that runs already never comes here: it outlives the loss of Redis.
 */
export async function requireRedis(url: string, patienceMs: number): Promise<void> {
  const address = parseRedisAddress(url);
  const end = Date.now() + patienceMs;
  for (;;) {
    const failure = await ping(address);
    if (failure === undefined) return;
    if (failure.final || Date.now() >= end) throw new StartError(sentence(address, failure));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function sentence({ endpoints, sentinel }: RedisAddress, { reason, final }: Failure): string {
  const places = endpoints.map(textOf).join(',');
  if (sentinel !== undefined) {
    const example = 'redis+sentinel://:password@10.0.0.5:26379,10.0.0.6:26379/primary';
    return `REDIS_URL: no primary "${sentinel.primary}" through the Sentinels ${places} (${reason}); start them or correct REDIS_URL, for example ${example}.`;
  }
  const remedy = final
    ? 'correct REDIS_URL, for example redis://:password@127.0.0.1:6379'
    : 'start Redis there or correct REDIS_URL, for example redis://127.0.0.1:6379';
  return `REDIS_URL: no Redis at ${places} (${reason}); ${remedy}.`;
}

function textOf({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function ping(address: RedisAddress): Promise<Failure | undefined> {
  const primary = address.sentinel === undefined ? address.endpoints[0] : await primaryOf(address);
  if (primary === undefined || isFailure(primary)) return primary ?? noEndpoint;
  const { tls, username, password } = address;
  const answer = await askRedis({ at: primary, tls, username, password, command: ['PING'] });
  if (isFailure(answer)) return answer;
  return answer === '+PONG' ? undefined : { reason: 'something else answers there', final: true };
}

const noEndpoint: Failure = { reason: 'no address', final: true };

/** The primary that the first Sentinel names which can be asked; else why the last one could not. */
async function primaryOf({ endpoints, tls, sentinel }: RedisAddress): Promise<Endpoint | Failure> {
  let failure = noEndpoint;
  const { primary = '', username = '', password = '' } = sentinel ?? {};
  const command = ['SENTINEL', 'get-master-addr-by-name', primary];
  for (const at of endpoints) {
    const question: Question = { at, tls, username, password, command };
    const answer = await askRedis(question);
    const found = isFailure(answer) ? answer : endpointFrom(answer, at);
    if (!isFailure(found)) return found;
    failure = found;
  }
  return failure;
}

/** The answer is a list of two texts, or nothing when the Sentinel knows no such name. */
function endpointFrom(answer: string, at: Endpoint): Endpoint | Failure {
  const [, host, port] = /^\*2\r\n\$\d+\r\n(\S+)\r\n\$\d+\r\n(\d+)/.exec(answer) ?? [];
  if (host !== undefined) return { host, port: Number(port) };
  return { reason: `${textOf(at)} knows no primary of that name`, final: true };
}
