-- A replica hears a peer from now on.
-- KEYS[1] presence:{id}
-- ARGV[1] replica  [2] kind  [3] ip  [4] port  [5] generation  [6] now, ms since 1970
-- Output  {replica, generation} of the stay that this one replaces; nil if there was none or it is
--         the same one (then only the address changes and `since` is kept)
local before = redis.call('HMGET', KEYS[1], 'replica', 'generation')
local same = before[1] == ARGV[1] and before[2] == ARGV[5]
redis.call('HSET', KEYS[1], 'replica', ARGV[1], 'kind', ARGV[2], 'ip', ARGV[3],
  'port', ARGV[4], 'generation', ARGV[5])
if same then return nil end
redis.call('HSET', KEYS[1], 'since', ARGV[6])
if before[1] then return before end
return nil
