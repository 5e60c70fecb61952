-- A caller redeems a switch code.
-- KEYS[1] switch-grant:{id}:verifier  [2] switch-taken:{id}:verifier
-- ARGV[1] source  [2] how long this source may come back, ms
-- Output  1 if the source may connect: the grant is its own now, or was before; else 0
local taker = redis.call('GET', KEYS[2])
if taker then
  return taker == ARGV[1] and 1 or 0
end
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
