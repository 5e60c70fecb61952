-- A device claims its id (protocol 6.2, rules 4 to 7), all or nothing.
-- KEYS[1] identity:{id}  [2] claims:{id}
-- ARGV[1] uuid  [2] pk  (base64)  [3] ip  [4] listed, '1' or '0'  [5] now, ms since 1970
--     [6] guid for a new record  [7] signed pk (base64) or ''  [8] '1' if a new pk must be signed
--     [9] accepted claims allowed in the window  [10] window, ms
-- Output  'uuid-mismatch' | 'disabled' | 'too-frequent' | 'unsigned' (sign and ask again)
--         | 'created' | 'changed' | 'unchanged'
local uuid, pk, ip, listed = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local held = redis.call('HMGET', KEYS[1], 'guid', 'uuid', 'pk', 'ip', 'listed', 'disabled')
local known = held[1]

if known and held[2] and held[2] ~= '' then
  if held[2] ~= uuid then return 'uuid-mismatch' end
  if held[4] ~= ip and held[3] ~= pk then return 'uuid-mismatch' end
end
if known and held[6] == '1' then return 'disabled' end

local accepted = tonumber(redis.call('GET', KEYS[2]) or '0')
if accepted >= tonumber(ARGV[9]) then return 'too-frequent' end

local newPk = not known or held[3] ~= pk
if newPk and ARGV[8] == '1' and ARGV[7] == '' then return 'unsigned' end

redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[10])
if known and not newPk and held[2] == uuid and held[4] == ip and held[5] == listed then
  return 'unchanged'
end
redis.call('HSET', KEYS[1], 'uuid', uuid, 'pk', pk, 'ip', ip, 'listed', listed)
if newPk then redis.call('HSET', KEYS[1], 'signed', ARGV[7]) end
if known then return 'changed' end
redis.call('HSET', KEYS[1], 'guid', ARGV[6], 'created', ARGV[5])
return 'created'
