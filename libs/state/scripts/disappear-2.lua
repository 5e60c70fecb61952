-- A peer's stay has ended; a newer stay, here or elsewhere, is left alone.
-- KEYS[1] presence:{id}  [2] presences:{replica}
-- ARGV[1] replica  [2] generation  [3] id
-- Output  1 if the presence was removed, else 0
local owner = redis.call('HMGET', KEYS[1], 'replica', 'generation')
local here = owner[1] == ARGV[1]
if here and owner[2] ~= ARGV[2] then return 0 end
redis.call('SREM', KEYS[2], ARGV[3])
return here and redis.call('DEL', KEYS[1]) or 0
