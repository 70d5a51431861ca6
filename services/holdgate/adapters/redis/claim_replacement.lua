-- Put a decision that follows a claimed one in its place. The decision is in the log already.
-- KEYS[1]   the claim of the payment
-- ARGV[1]   the claim that was read; empty if there was none
-- ARGV[2]   the new claim
-- ARGV[3]   seconds after which it expires
-- Returns 1, or 0 if the claim is another one by now. A call repeated after a lost answer changes nothing.
local claimed = redis.call('GET', KEYS[1]) or ''
if claimed == ARGV[2] then
  return 1
end
if claimed ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
