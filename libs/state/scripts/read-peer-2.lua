-- Reads what a caller's request needs to know of an id, as of one moment.
-- KEYS[1] identity:{id}  [2] presence:{id}
-- ARGV[] none
-- Output  {{guid, pk, signed, ip, disabled}, {replica, kind, ip, port, generation, since}}, false for what is missing
return {
  redis.call('HMGET', KEYS[1], 'guid', 'pk', 'signed', 'ip', 'disabled'),
  redis.call('HMGET', KEYS[2], 'replica', 'kind', 'ip', 'port', 'generation', 'since'),
}
