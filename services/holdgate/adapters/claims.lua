-- Claim decisions: the first one of a payment stands, whoever asks again gets it back.
-- KEYS     one key a payment, all under dec:
-- ARGV[1]  seconds a claim stands
-- ARGV[1+i]  the claim for KEYS[i]
-- Returns for each key the claim that stands, the caller's own if none stood before.
-- Called again after an answer that was lost, it returns the same: a retry sees its own claims.
local standing = {}
for i, key in ipairs(KEYS) do
  local found = redis.call('GET', key)
  if not found then
    found = ARGV[1 + i]
    redis.call('SET', key, found, 'EX', ARGV[1])
  end
  standing[i] = found
end
return standing
