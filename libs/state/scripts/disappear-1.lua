-- A peer's stay has ended; a newer stay, here or elsewhere, is left alone.
-- KEYS[1] presence:{id}
-- ARGV[1] replica  [2] generation
-- Output  1 if the presence was removed, else 0
local owner = redis.call('HMGET', KEYS[1], 'replica', 'generation')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])
