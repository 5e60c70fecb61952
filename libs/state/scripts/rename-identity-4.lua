-- A device takes another id and keeps guid, uuid and pk (protocol 6.4), all or nothing.
-- KEYS[1] identity:{old}  [2] identity:{new}  [3] presence:{old}  [4] claims:{new}
-- ARGV[1] uuid  [2] old id  [3] pk that `signed` is for  [4] signed pk for the new id  (base64)
--     [5] ip  [6] accepted claims allowed in the window  [7] window, ms
-- Output  'too-frequent' | 'taken' | 'same' (it has that id already) | 'uuid-mismatch' | 'disabled'
--         | 'unsigned' (the pk is another one: sign it and ask again) | 'renamed'
local accepted = tonumber(redis.call('GET', KEYS[4]) or '0')
if accepted >= tonumber(ARGV[6]) then return 'too-frequent' end

local there = redis.call('HMGET', KEYS[2], 'guid', 'uuid')
if there[1] then
  if there[2] == ARGV[1] then return 'same' end
  return 'taken'
end

local held = redis.call('HMGET', KEYS[1], 'guid', 'uuid', 'pk', 'disabled')
if not held[1] or held[2] ~= ARGV[1] then return 'uuid-mismatch' end
if held[4] == '1' then return 'disabled' end
if (held[3] or '') ~= ARGV[3] then return 'unsigned' end

redis.call('INCR', KEYS[4])
redis.call('PEXPIRE', KEYS[4], ARGV[7])
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[2], 'renamedFrom', ARGV[2], 'signed', ARGV[4], 'ip', ARGV[5])
redis.call('DEL', KEYS[3])
return 'renamed'
