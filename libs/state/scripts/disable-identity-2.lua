-- An operator shuts a device out, or lets it in again.
-- KEYS[1] identity:{id}  [2] presence:{id}
-- ARGV[1] '1' to shut out, '0' to let in
-- Output  1, or 0 if there is no such id
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'disabled', ARGV[1])
if ARGV[1] == '1' then redis.call('DEL', KEYS[2]) end
return 1
