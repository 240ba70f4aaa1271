"""What Redis does for the tier in one step: Lua, since a check and its use must not come apart.

All of it runs on Redis 6 and Valkey. The first key is always the hash of generations: by asset
type, when it was last cleared, in milliseconds since the epoch; under the empty name, the
generation of the types that never were. Numbers of 15 digits are exact in Lua.
"""

from __future__ import annotations

import hashlib
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError


class Script:
    """A Lua script, sent as its digest where the server knows it."""

    def __init__(self, source: str) -> None:
        self._source = source
        # Redis names scripts so; no security rests on it.
        self._digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def run(self, client: Redis, keys: tuple[str, ...], *arguments: str | int) -> Any:
        """Return what the server answers, undecoded."""
        try:
            return await client.evalsha(self._digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return await client.eval(self._source, len(keys), *keys, *arguments)


# Whatever is no generation, an operator's mistake for example, counts as none.
_STORED = """
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
local function stored(name)
  local text = redis.call('HGET', KEYS[1], name)
  return text and #text <= 15 and string.match(text, '^[1-9]%d*$') and tonumber(text) or 0
end
"""

# ARGV: the generation of types never cleared, should there be none; then types and what the
# caller knows to be their generations. A server that forgot is told; nothing ever goes back.
# Returns names and generations in turns.
SYNC = Script(
    _STORED
    + """
local names = redis.call('HKEYS', KEYS[1])
for _, name in ipairs(names) do
  if stored(name) == 0 then redis.call('HDEL', KEYS[1], name) end
end
if stored('') == 0 then redis.call('HSET', KEYS[1], '', ARGV[1]) end
for at = 2, #ARGV, 2 do
  if tonumber(ARGV[at + 1]) > stored(ARGV[at]) then
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  end
end
return redis.call('HGETALL', KEYS[1])
"""
)

# ARGV: type, the generation to start at least, channel, sender. Returns the generation started.
CLEAR = Script(
    _STORED
    + """
local started = math.max(stored(ARGV[1]) + 1, stored('') + 1, tonumber(ARGV[2]))
started = string.format('%.0f', started)
redis.call('HSET', KEYS[1], ARGV[1], started)
redis.call('PUBLISH', ARGV[3], ARGV[4])
return started
"""
)

# KEYS: generations, entry. ARGV: type, the generation the caller knows, most bytes to return.
# No envelope is empty. -2 is PTTL's word for what is absent, -1 for what has no end.
_LOOK = """
local current = redis.pcall('HGET', KEYS[1], ARGV[1])
if not current then current = redis.pcall('HGET', KEYS[1], '') end
if current ~= ARGV[2] then return {'moved'} end
local life = redis.call('PTTL', KEYS[2])
local size = redis.pcall('STRLEN', KEYS[2])
local fits = type(size) == 'number' and size > 0 and size <= tonumber(ARGV[3])
if life ~= -2 and not fits then return {'foreign'} end
"""

READ = Script(
    _LOOK
    + """
if life == -2 then return {'absent'} end
return {'held', redis.call('GET', KEYS[2])}
"""
)

# As above, and KEYS[3]: lease. ARGV[4], …: token, how long the lease lasts, how long after its
# TTL an entry is kept, in milliseconds. What is past its TTL is as good as absent here: the build
# replaces it. What somebody took the end from is returned: its envelope tells whether it is fresh.
TURN = Script(
    _LOOK
    + """
if life == -1 or life > tonumber(ARGV[6]) then
  return {'held', redis.call('GET', KEYS[2])}
end
local left = redis.call('PTTL', KEYS[3])
if left >= 0 and left <= tonumber(ARGV[5]) then return {'taken'} end
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
return {'granted'}
"""
)

# KEYS: lease. ARGV: token, milliseconds. Returns whether the caller still holds it.
RENEW = Script(
    """
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
)

# KEYS: lease. ARGV: token.
RELEASE = Script(
    """
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
)
