-- Reads where all ops ports are and forgets those that nobody has told of for too long.
-- KEYS[1] ops-addresses
-- ARGV[1] life, s
-- Output  replica, "<time> <service> <address>", replica, …
local now = tonumber(redis.call('TIME')[1])
local all = redis.call('HGETALL', KEYS[1])
local kept = {}
for i = 1, #all, 2 do
  local told = tonumber(string.match(all[i + 1], '^%d+')) or 0
  if now - told > tonumber(ARGV[1]) then
    redis.call('HDEL', KEYS[1], all[i])
  else
    kept[#kept + 1] = all[i]
    kept[#kept + 1] = all[i + 1]
  end
end
return kept
