-- Claim decisions: the first one of a payment stands, whoever asks again gets it back.
-- KEYS[1]    dec:epoch
-- KEYS[1+i]  one key a payment, all under dec:
-- ARGV[1]    the epoch that the caller restored its claims in: in another one they may be lost
-- ARGV[2]    seconds a claim stands
-- ARGV[2+i]  the claim for KEYS[1+i]
-- Returns for each key the claim that stands, the caller's own if none stood before.
-- Called again after an answer that was lost, it returns the same: a retry sees its own claims.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('EPOCHLOST claims may be lost: restore them, then claim again')
end
local standing = {}
for i = 2, #KEYS do
  local found = redis.call('GET', KEYS[i])
  if not found then
    found = ARGV[1 + i]
    redis.call('SET', KEYS[i], found, 'EX', ARGV[2])
  end
  standing[i - 1] = found
end
return standing
