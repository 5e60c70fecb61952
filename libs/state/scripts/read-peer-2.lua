-- Reads what is known of an id, as of one moment.
-- KEYS[1] identity:{id}  [2] presence:{id}
-- ARGV[1…] fields of the presence that are wanted
-- Output  {fields of the identity as name, value, …; values of the presence in the order of ARGV}
return { redis.call('HGETALL', KEYS[1]), redis.call('HMGET', KEYS[2], unpack(ARGV)) }
