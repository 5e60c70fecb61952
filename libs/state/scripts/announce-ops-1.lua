-- Tells where a replica's ops port is, by the clock of Redis.
-- KEYS[1] ops-addresses
-- ARGV[1] replica  [2] service  [3] address
-- Output  1
local now = redis.call('TIME')[1]
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return 1
