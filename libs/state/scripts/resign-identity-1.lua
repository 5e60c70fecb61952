-- Replaces the signed pk after the server key has changed.
-- KEYS[1] identity:{id}
-- ARGV[1] pk that was signed  [2] signed pk  (base64; '' without a signing key)
-- Output  1, or 0 if the id is gone or has another pk by now (that one is signed already)
if redis.call('HGET', KEYS[1], 'pk') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'signed', ARGV[2])
return 1
