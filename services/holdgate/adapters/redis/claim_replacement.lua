-- Put another claim in the place of one that was read. The decision of the new claim is in the log already.
-- KEYS[1]   the claim of the payment
-- KEYS[2]   where the claim that was read is moved, because it is unreadable; absent if it is not
-- ARGV[1]   the claim that was read; empty if there was none, or a value of another type
-- ARGV[2]   the new claim; empty for none
-- ARGV[3]   seconds after which it expires
-- ARGV[4]   seconds after which the moved claim expires
-- Returns 1, or 0 if the claim is another one by now. A call repeated after a lost answer changes nothing.
local claimed = redis.pcall('GET', KEYS[1])
if type(claimed) ~= 'string' then
  claimed = ''
end
if claimed == ARGV[2] and not KEYS[2] then
  return 1
end
if claimed ~= ARGV[1] then
  return 0
end
if KEYS[2] and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('EXPIRE', KEYS[2], ARGV[4])
end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
return 1
