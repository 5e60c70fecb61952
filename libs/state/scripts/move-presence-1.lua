-- The address of a peer has changed within its stay.
-- KEYS[1] presence:{id}
-- ARGV[1] replica  [2] kind  [3] ip  [4] port  [5] generation  [6] now, ms since 1970
-- Output  1 if it was noted, also where the presence was lost; 0 if another stay has begun since
local before = redis.call('HMGET', KEYS[1], 'replica', 'generation')
if before[1] and (before[1] ~= ARGV[1] or before[2] ~= ARGV[5]) then return 0 end
redis.call('HSET', KEYS[1], 'replica', ARGV[1], 'kind', ARGV[2], 'ip', ARGV[3],
  'port', ARGV[4], 'generation', ARGV[5])
redis.call('HSETNX', KEYS[1], 'since', ARGV[6])
return 1
