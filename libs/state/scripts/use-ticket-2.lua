-- Two legs have met: their uuid is used up, and the claim of the first leg ends.
-- KEYS[1] used-ticket:{uuid}  [2] pair:{uuid}
-- ARGV[1] session  [2] replica  [3] how long it is remembered, ms
-- Output  1 if the uuid is this session's, 0 if another session has used it
if redis.call('GET', KEYS[2]) == ARGV[2] then redis.call('DEL', KEYS[2]) end
local user = redis.call('GET', KEYS[1])
if user and user ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
