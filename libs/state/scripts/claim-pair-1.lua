-- The first leg of a session claims its uuid; later legs learn the owner.
-- KEYS[1] pair:<uuid>
-- ARGV[1] replica  [2] life in ms
-- Output  the owning replica (ARGV[1] if the claim is ours, new or renewed)
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return owner end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
