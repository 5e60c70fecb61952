-- Counts one event in several windows, in all of them or in none. A window begins with the first
-- event and ends after its length.
-- KEYS[i] registrations:<window>:<address>
-- ARGV[2i-1] events allowed in window i  [2i] its length, ms
-- Output  1 if it was counted, 0 if one of the windows is full
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[2 * i - 1]) then return 0 end
end
for i, key in ipairs(KEYS) do
  if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, ARGV[2 * i]) end
end
return 1
