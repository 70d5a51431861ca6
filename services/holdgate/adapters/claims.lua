-- Claim decisions: the first one of a payment stands, whoever asks again gets it back.
-- KEYS[1]      dec:epoch
-- KEYS[1+i]    one key a payment, i from 1 to n; behind them one dec:upto:<partition> each
-- ARGV[1]      the epoch that the caller restored its claims in: in another one they may be lost
-- ARGV[2]      seconds a claim stands
-- ARGV[3]      n, the number of claims
-- ARGV[3+i]    the claim for KEYS[1+i]; behind them the offset for each dec:upto
-- Returns for each claim the one that stands, the caller's own if none stood before.
-- Called again after an answer that was lost, it returns the same: a retry sees its own claims.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('EPOCHLOST claims may be lost: restore them, then claim again')
end
local claims = tonumber(ARGV[3])
local standing = {}
for i = 1, claims do
  local found = redis.call('GET', KEYS[1 + i])
  if not found then
    found = ARGV[3 + i]
    redis.call('SET', KEYS[1 + i], found, 'EX', ARGV[2])
  end
  standing[i] = found
end
for i = claims + 1, #KEYS - 1 do
  redis.call('SET', KEYS[1 + i], ARGV[3 + i])
end
return standing
