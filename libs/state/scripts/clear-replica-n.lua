-- Clears away a part of what a dead replica has left.
-- KEYS[1] replica:{replica}  [2] replicas  [3] presences:{replica}  [4…] presence:{id}
-- ARGV[1] replica  [2…] the ids of KEYS[4…]
-- Output  number of presences removed; -1 if the replica lives (again), which ends the clearing
if redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
redis.call('ZADD', KEYS[2], 0, ARGV[1])
local removed = 0
for i = 4, #KEYS do
  if redis.call('HGET', KEYS[i], 'replica') == ARGV[1] then
    removed = removed + redis.call('DEL', KEYS[i])
  end
  redis.call('SREM', KEYS[3], ARGV[i - 2])
end
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
return removed
