"""Random streams: one per part of a picture."""

from __future__ import annotations

from zlib import crc32

import numpy as np

_WORD = 2**32 - 1


def stream(seed: int, part: str) -> np.random.Generator:
    """Return the random stream of one part of the picture `seed`.

    Each part ("composition", "splatter", …) draws from a stream of its own, so a part that is
    added later or draws more numbers leaves the others of every seed as they were. The name goes
    through CRC-32 and not `hash`, which differs between processes.

    Args:
        seed: the picture's seed, 0 … 2^63-1.
        part: any name; the same name gives the same stream again from its beginning.
    """
    # As an array the two are the same entropy, taken in half the time.
    words = [crc32(part.encode()), seed & _WORD, seed >> 32]
    entropy = np.random.SeedSequence(np.array(words if seed > _WORD else words[:2], np.uint32))
    return np.random.Generator(np.random.PCG64(entropy))
