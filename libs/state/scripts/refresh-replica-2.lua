-- Takes or keeps the lease of a replica.
-- KEYS[1] replica:{replica}  [2] replicas
-- ARGV[1] replica  [2] what it says about itself, JSON  [3] life, ms  [4] now, ms since 1970
-- Output  1 if it was listed all the time, 0 if it is new or was given up since the last refresh
--         (score 0 marks a dead replica that is being cleared away)
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
if score and tonumber(score) > 0 then return 1 end
return 0
