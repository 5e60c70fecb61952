-- The first leg of a session claims its uuid; later legs learn the owner.
-- KEYS[1] pair:{uuid}  [2] used-ticket:{uuid}
-- ARGV[1] replica  [2] life in ms  [3] an owner whose claim does not count any more, or empty
-- Output  the owning replica (ARGV[1] if the claim is ours, new or renewed); empty if the uuid is used up
if redis.call('EXISTS', KEYS[2]) == 1 then return '' end
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] and owner ~= ARGV[3] then return owner end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
