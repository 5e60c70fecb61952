-- Legs have met: the uuid of each pair is used up, and the claim of its first leg ends.
-- KEYS[2i-1] used-ticket:{uuid}  [2i] pair:{uuid}
-- ARGV[1] replica  [2] how long it is remembered, ms  [i+2] session
-- Output  for each pair 1 if the uuid is this session's, 0 if another session has used it
local used = {}
for i = 1, #KEYS / 2 do
  local ticket, pair, session = KEYS[2 * i - 1], KEYS[2 * i], ARGV[i + 2]
  if redis.call('GET', pair) == ARGV[1] then redis.call('DEL', pair) end
  local user = redis.call('GET', ticket)
  used[i] = (user and user ~= session) and 0 or 1
  if used[i] == 1 then redis.call('SET', ticket, session, 'PX', ARGV[2]) end
end
return used
