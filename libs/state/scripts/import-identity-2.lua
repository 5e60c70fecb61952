-- Puts a device that another server, or a backup, knows into its place, all or nothing.
-- KEYS[1] identity:{id}  [2] presence:{id}
-- ARGV[1] '1' to take the id from whoever has it  [2] guid  [3] uuid  [4] pk  [5] signed pk  (base64)
--     [6] ip  [7] created, ms since 1970  [8] listed  [9] disabled  ('1' or '0')
--     [10] the id before the last rename, or ''
-- Output  'added' | 'same' (the id has this uuid and pk already) | 'taken' (it has others) | 'replaced'
local held = redis.call('HMGET', KEYS[1], 'guid', 'uuid', 'pk', 'listed', 'disabled', 'renamedFrom')
local known = held[1]
local owned = known and held[2] == ARGV[3] and held[3] == ARGV[4]
if owned and ARGV[1] ~= '1' then return 'same' end
if known and ARGV[1] ~= '1' then return 'taken' end
local alike = held[1] == ARGV[2] and (held[4] or '1') == ARGV[8]
  and (held[5] or '0') == ARGV[9] and (held[6] or '') == ARGV[10]
if owned and alike then return 'same' end

if known then redis.call('DEL', KEYS[1], KEYS[2]) end
redis.call('HSET', KEYS[1], 'guid', ARGV[2], 'uuid', ARGV[3], 'pk', ARGV[4], 'signed', ARGV[5],
  'ip', ARGV[6], 'created', ARGV[7], 'listed', ARGV[8])
if ARGV[9] == '1' then redis.call('HSET', KEYS[1], 'disabled', '1') end
if ARGV[10] ~= '' then redis.call('HSET', KEYS[1], 'renamedFrom', ARGV[10]) end
return known and 'replaced' or 'added'
