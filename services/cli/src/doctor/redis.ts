import { reasonOf } from '@waystation/ops';
import { withRedis } from '../with-redis.js';
import { runningServices } from '../running-services.js';
import { ServerKey, type Redis, type ServerKeyFacts } from '@waystation/state';
import { about, type Finding } from './finding.js';

const { ok, warn, fail } = about('Redis');
const clock = about('clock');

const SLOW_MS = 50;
/** The fastest of a few counts: any one may be held up by this machine. */
const PINGS = 5;
/** Leases and log-ins are compared across machines; half a lease is where it begins to hurt. */
const MOST_SKEW_MS = 2_000;

/** What Redis tells about the server; undefined when it cannot be asked. */
export interface Fleet {
  readonly running: ReadonlySet<string>;
  readonly serverKey: ServerKeyFacts | undefined;
}

/** Looks at Redis, and at the clock, which can be compared with its. */
export async function checkRedis(
  url: string,
): Promise<{ findings: Finding[]; fleet: Fleet | undefined }> {
  try {
    return await withRedis(url, async (redis) => {
      const fleet = {
        running: await runningServices(redis),
        serverKey: await new ServerKey(redis).read(),
      };
      const facts = factsOf(await redis.info());
      const findings = [await speed(redis, facts), ...keeping(facts), await skew(redis)];
      return { findings: [...findings, services(fleet)], fleet };
    });
  } catch (error) {
    return { findings: [fail(reasonOf(error))], fleet: undefined };
  }
}

/** The lines `name:value` of INFO. */
function factsOf(info: string): Map<string, string> {
  const pairs = info.split(/\r?\n/).map((line) => line.split(':', 2));
  return new Map(pairs.map(([name = '', value = '']) => [name, value]));
}

async function speed(redis: Redis, facts: ReadonlyMap<string, string>): Promise<Finding> {
  const times: number[] = [];
  for (let asked = 0; asked < PINGS; asked++) {
    const begun = performance.now();
    await redis.ping();
    times.push(performance.now() - begun);
  }
  const tookMs = Math.round(Math.min(...times));
  const version = facts.get('redis_version') ?? 'of an unknown version';
  if (tookMs <= SLOW_MS) return ok(`Redis ${version} answers in ${tookMs} ms.`);
  return warn(`Redis ${version} needs ${tookMs} ms for an answer; move it nearer to the services.`);
}

/** Devices are nowhere else, so Redis must write them down and never throw them away. */
function keeping(facts: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = [];
  if (facts.get('aof_enabled') === '1') findings.push(ok('It writes devices down (appendonly).'));
  else {
    findings.push(
      warn(
        'It keeps devices in memory only between snapshots: set "appendonly yes" in its configuration.',
      ),
    );
  }
  if (facts.get('aof_last_write_status') === 'err') {
    findings.push(fail('It could not write to its disk lately: look for space and permissions.'));
  }
  const policy = facts.get('maxmemory_policy') ?? 'noeviction';
  if (Number(facts.get('maxmemory') ?? 0) > 0 && policy !== 'noeviction') {
    const words = `When memory is short it throws devices away (maxmemory-policy ${policy})`;
    findings.push(fail(`${words}: set "maxmemory-policy noeviction".`));
  }
  return findings;
}

async function skew(redis: Redis): Promise<Finding> {
  const [seconds, micros] = await redis.time();
  const apartMs = Math.abs(Date.now() - (Number(seconds) * 1000 + Number(micros) / 1000));
  if (apartMs <= MOST_SKEW_MS) return clock.ok('This clock and that of Redis agree.');
  return clock.fail(
    `This clock and that of Redis are ${Math.round(apartMs / 1000)} s apart: synchronise both machines (timedatectl set-ntp true).`,
  );
}

function services({ running, serverKey }: Fleet): Finding {
  const { ok: fine, warn: odd, fail: bad } = about('services');
  const wanted = ['registry', 'rendezvous', 'relay', 'api'];
  const missing = wanted.filter((name) => !running.has(name));
  if (missing.length === wanted.length) {
    return odd(`None runs${serverKey === undefined ? ' and none ever did' : ''}: start them.`);
  }
  if (missing.length > 0) {
    return bad(`Missing: ${missing.join(', ')}; start it, or see in its log why it ended.`);
  }
  return fine('All of them run.');
}
