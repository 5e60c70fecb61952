import { Module } from '@nestjs/common';
import { CONFIG, Health, LOG, Metrics, REPLICA, type Log } from '@waystation/ops';
import { asReplicaId, keys, LeaderLease, openRedis, redisReady } from '@waystation/state';
import { Prober, type ProberConfig } from './prober.js';
import { ProberMetrics } from './prober-metrics.js';
import { RedisConnection } from './redis-connection.js';
import { StackFacts } from './stack-facts.js';

/** A prober that is late by this much has fallen, and another one may take its place. */
const LATE_MS = 60_000;

/** The parts of the prober and what each is made of. */
@Module({
  providers: [
    {
      provide: RedisConnection,
      useFactory: async (config: ProberConfig, replica: string, log: Log, health: Health) => {
        const redis = openRedis(config.redisUrl, replica, log);
        await redisReady(redis);
        return new RedisConnection(redis, health);
      },
      inject: [CONFIG, REPLICA, LOG, Health],
    },
    {
      provide: Prober,
      useFactory: (
        config: ProberConfig,
        replica: string,
        { redis }: RedisConnection,
        metrics: Metrics,
        log: Log,
      ) => {
        const lifeMs = config.intervalMs + LATE_MS;
        const lease = new LeaderLease(redis, asReplicaId(replica), keys.probeLease, lifeMs);
        const facts = new StackFacts(redis);
        return new Prober(config, facts, lease, new ProberMetrics(metrics), log);
      },
      inject: [CONFIG, REPLICA, RedisConnection, Metrics, LOG],
    },
  ],
})
export class ProberModule {}
