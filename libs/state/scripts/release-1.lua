-- Deletes a key that still holds our value.
-- KEYS[1] waiting:<address>, pair:<uuid> or registry-leader
-- ARGV[1] replica
-- Output  1 if it was deleted, else 0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
