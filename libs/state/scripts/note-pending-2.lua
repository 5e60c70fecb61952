-- A device that nobody has let in yet asks for an id; whoever asked first keeps his place.
-- KEYS[1] pending-devices  [2] pending-times
-- ARGV[1] id  [2] uuid (base64)  [3] entry (JSON)  [4] now, ms since 1970  [5] most entries
--     [6] entries last heard of before this time are dropped
-- Output  'noted' | 'uuid-mismatch' (another machine waits for this id)
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and cjson.decode(held)['uuid'] ~= ARGV[2] then return 'uuid-mismatch' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[5])
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[6], 'LIMIT', 0, 100)
if #gone == 0 and over > 0 then gone = redis.call('ZRANGE', KEYS[2], 0, over - 1) end
for _, id in ipairs(gone) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
return 'noted'
