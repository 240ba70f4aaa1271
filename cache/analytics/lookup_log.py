"""The narrow door from the request path: lookups are left here and taken away elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

# Some 200 bytes each. At a digest a second it takes 16,000 lookups a second before any is lost.
MAX_PENDING = 16_384


class LookupLog:
    """A bounded buffer of lookups, each a key and the reading of the cache's clock.

    Any thread may record while another drains. When it is full, the oldest gives way.

    Attributes:
        record: leave one `(key, now)`; it is `append` of a deque, which takes no lock, and costs
            a request a tenth of a microsecond.
    """

    __slots__ = ("_pending", "record")

    def __init__(self, max_pending: int = MAX_PENDING) -> None:
        self._pending: deque[tuple[str, float]] = deque(maxlen=max_pending)
        self.record: Callable[[tuple[str, float]], None] = self._pending.append

    def drain(self) -> list[tuple[str, float]]:
        """Take away what is there, oldest first; what comes meanwhile stays for the next time."""
        # Full, the deque drops its oldest while we are at it: then later ones are taken, and there
        # are as many as before. It is emptied by nobody else.
        return [self._pending.popleft() for _ in range(len(self._pending))]
