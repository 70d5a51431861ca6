-- Claim decisions: the first one of a payment stands, whoever asks again gets it back.
-- KEYS[1]      dec:epoch
-- KEYS[2]      dec:lease:<token>, held by the caller while it waits for answers
-- KEYS[2+i]    one key a payment, i from 1 to n; behind them one dec:upto:<partition> each
-- ARGV[1]      the epoch that the caller restored its claims in: in another one they may be lost
-- ARGV[2]      milliseconds that the lease is renewed for
-- ARGV[3]      seconds a claim stands
-- ARGV[4]      n, the number of claims
-- ARGV[4+i]    the claim for KEYS[2+i]; behind them the offset for each dec:upto
-- Returns for each claim the one that stands, the caller's own if none stood before.
-- Called again after an answer that was lost, it returns the same: a retry sees its own claims.
-- Without its lease it does nothing: a call that lay in a server which stood still is of a caller that gave it
-- up since, and by now may hold what was to be released.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('EPOCHLOST claims may be lost: restore them, then claim again')
end
if not redis.call('GET', KEYS[2]) then
  return redis.error_reply('LEASELOST this call came late: take a lease, then claim again')
end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
local claims = tonumber(ARGV[4])
local standing = {}
for i = 1, claims do
  local found = redis.call('GET', KEYS[2 + i])
  if not found then
    found = ARGV[4 + i]
    redis.call('SET', KEYS[2 + i], found, 'EX', ARGV[3])
  end
  standing[i] = found
end
for i = claims + 1, #KEYS - 2 do
  redis.call('SET', KEYS[2 + i], ARGV[4 + i])
end
return standing
