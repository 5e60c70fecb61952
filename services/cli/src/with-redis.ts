import { reasonOf, requireRedis } from '@waystation/ops';
import { closeRedis, openRedis, redisReady, type Redis } from '@waystation/state';
import { Failure } from './failure.js';

const PATIENCE_MS = 5_000;
/** What ioredis says of a command that Redis did not answer, or could not be given. */
const NO_ANSWER = /Command timed out|Connection is closed|isn't writeable|max retries|ECONN|EPIPE/i;

/**
 * Does something with Redis and hangs up. Throws StartError when there is no Redis to begin with, and
 * Failure when it stops answering or refuses a command.
 */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  await requireRedis(url, PATIENCE_MS);
  const redis = openRedis(url, 'waystation-cli');
  try {
    await redisReady(redis, PATIENCE_MS);
    return await work(redis);
  } catch (error) {
    throw inWords(error);
  } finally {
    await closeRedis(redis);
  }
}

function inWords(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const reason = reasonOf(error);
  if (error.name === 'ReplyError') {
    return new Failure(`Redis refuses a command (${reason}): mend that, and repeat this.`);
  }
  if (!NO_ANSWER.test(reason)) return error;
  return new Failure(
    `Redis does not answer any more (${reason}): it is not done; see that Redis runs, and repeat this.`,
  );
}
