-- The client version of a peer has become known.
-- KEYS[1] presence:{id}
-- ARGV[1] version
-- Output  1 if it was noted, 0 if the peer is not online
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1])
return 1
