-- Deletes the keys that still hold our value.
-- KEYS[i] waiting:<address>, pair:<uuid> or registry-leader
-- ARGV[1] replica
-- Output  for each key 1 if it was deleted, else 0
local released = {}
for i, key in ipairs(KEYS) do
  released[i] = redis.call('GET', key) == ARGV[1] and redis.call('DEL', key) or 0
end
return released
