-- Claim decisions. The first claim on a payment stays until a decision that follows it takes its place
-- (claim_replacement.lua); every later caller gets the claim in force back.
-- The key names are those of keys.py.
-- KEYS[1]      the epoch
-- KEYS[2]      the caller's lease, which it holds while it waits for an answer
-- KEYS[2+i]    one claim per payment, i from 1 to n; then one restored offset per partition
-- ARGV[1]      the epoch in which the caller restored its claims; in any other epoch claims may be lost
-- ARGV[2]      milliseconds for which the lease is renewed
-- ARGV[3]      seconds after which a claim expires
-- ARGV[4]      n, the number of claims
-- ARGV[4+i]    the claim for KEYS[2+i]; then the offset for each partition
-- Returns the final claim of each payment: the caller's own if there was none before, and an empty string if
-- there is a value of another type.
-- A call repeated after a lost answer returns the same, because it finds its own claims.
-- Without its lease a call does nothing: it was stuck in a paused server, its caller has given it up, and may
-- by now hold what the call would release.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('EPOCHLOST claims may be lost: restore them, then claim again')
end
if not redis.call('GET', KEYS[2]) then
  return redis.error_reply('LEASELOST this call came late: take a lease, then claim again')
end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
local claims = tonumber(ARGV[4])
local final = {}
for i = 1, claims do
  local claim = redis.pcall('GET', KEYS[2 + i])
  if type(claim) == 'table' then
    claim = ''
  elseif not claim then
    claim = ARGV[4 + i]
    redis.call('SET', KEYS[2 + i], claim, 'EX', ARGV[3])
  end
  final[i] = claim
end
for i = claims + 1, #KEYS - 2 do
  redis.call('SET', KEYS[2 + i], ARGV[4 + i])
end
return final
