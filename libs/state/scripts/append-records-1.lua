-- Appends records to a stream and forgets the oldest.
-- KEYS[1] attempts, sessions or another stream of records
-- ARGV[1] records to keep, roughly  [2…] records, each a JSON text
-- Output  how many were appended
for n = 2, #ARGV do redis.call('XADD', KEYS[1], '*', 'record', ARGV[n]) end
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[1])
return #ARGV - 1
