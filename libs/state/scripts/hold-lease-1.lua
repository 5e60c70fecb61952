-- Takes a free lease, or keeps one that is ours.
-- KEYS[1] registry-leader
-- ARGV[1] replica  [2] life, ms
-- Output  1 if it is ours now, else 0
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
