-- An operator changes what relays keep to: fields are set or taken away.
-- KEYS[1] relay-settings
-- ARGV[1] a revision that no other change has  [2] most fields  then pairs: field, value (empty: taken away)
-- Output  1, or 0 when there would be too many fields and nothing was changed
local added = 0
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] ~= '' then added = added + 1 - redis.call('HEXISTS', KEYS[1], ARGV[i]) end
end
if added > 0 and redis.call('HLEN', KEYS[1]) + added > tonumber(ARGV[2]) then return 0 end
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('HSET', KEYS[1], 'revision', ARGV[1])
return 1
