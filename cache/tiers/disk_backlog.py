"""DiskBacklog: what waits for the thread that changes the disk tier.

Clears and deletions are promises: they come before all writes, and stay until they are kept.
Writes and notes of use are none: they are dropped where there are too many.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import NamedTuple

from .disk_index import Row, Use
from .envelope import Envelope

_MAX_WRITES = 1024
_MAX_BYTES = 64 * 2**20
_MAX_USES = 4096
_MAX_DISCARDS = 256


class WaitingWrite(NamedTuple):
    """A write, and of which generation its type was when it was asked for; None: not known."""

    envelope: Envelope
    generation: int | None


def new_promise() -> Future[None]:
    """Return what one thread will set and others wait for; no waiter can cancel it."""
    promise: Future[None] = Future()
    promise.set_running_or_notify_cancel()
    return promise


class DiskBacklog:
    """A queue for one thread, filled by others; no method but `wait` waits.

    Args:
        wall_clock: seconds since the epoch.
    """

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        # The condition's lock guards everything below.
        self._changed = threading.Condition()
        self._writes: deque[WaitingWrite] = deque()
        self._waiting_bytes = 0
        self._clears: dict[str, list[Future[None]]] = {}
        self._deletions: dict[tuple[str, str], None] = {}
        self._discards: dict[int, tuple[Row, bool]] = {}
        self._uses: dict[tuple[str, str], Use] = {}
        self._generations: dict[str, int] = {}
        self._are_known = False
        self._is_suspected = False
        self._close_by: float | None = None

    def __len__(self) -> int:
        """Return how many writes wait."""
        return len(self._writes)

    # For all threads

    def write(self, envelope: Envelope) -> bool:
        """Take `envelope` to be stored, if there is room; return whether it was taken."""
        size = len(envelope.body)
        with self._changed:
            if len(self._writes) >= _MAX_WRITES or self._waiting_bytes + size > _MAX_BYTES:
                return False
            self._waiting_bytes += size
            self._uses.pop((envelope.asset_type, envelope.key), None)  # those of what it replaces
            self._writes.append(WaitingWrite(envelope, self._generation(envelope.asset_type)))
            self._changed.notify()
            return True

    def delete(self, asset_type: str, key: str) -> None:
        """Take a deletion; what waits to be written under the key is dropped."""
        with self._changed:
            self._drop(lambda each: (each.asset_type, each.key) == (asset_type, key))
            self._uses.pop((asset_type, key), None)
            self._deletions[asset_type, key] = None
            self._changed.notify()

    def clear(self, asset_type: str) -> Future[None]:
        """Take a clear, of what waits as well; the result tells when the index has it."""
        done = new_promise()
        with self._changed:
            self._drop(lambda each: each.asset_type == asset_type)
            self._uses = {each: use for each, use in self._uses.items() if each[0] != asset_type}
            self._clears.setdefault(asset_type, []).append(done)
            self._changed.notify()
        return done

    def is_forgetting(self, asset_type: str, key: str) -> bool:
        """Return whether a clear or deletion waits that nothing may be read past."""
        with self._changed:
            return asset_type in self._clears or (asset_type, key) in self._deletions

    def discard(self, row: Row, *, is_missing: bool) -> None:
        """Take an entry to be removed, since it is no good or its file is missing."""
        with self._changed:
            if len(self._discards) < _MAX_DISCARDS:
                self._discards[row.place.token] = row, is_missing
                self._changed.notify()

    def touch(self, asset_type: str, uses: Iterable[tuple[str, int]]) -> None:
        """Note how often keys were used, unless notes of too many wait."""
        now = self._wall_clock()
        with self._changed:
            for key, count in uses:
                noted = self._uses.get((asset_type, key))
                if noted is not None:
                    self._uses[asset_type, key] = Use(noted.times + count, now)
                elif len(self._uses) < _MAX_USES:
                    self._uses[asset_type, key] = Use(count, now)

    def suspect(self) -> None:
        """Have the index checked: it was found damaged."""
        with self._changed:
            self._is_suspected = True
            self._changed.notify()

    def learn(self, generations: Mapping[str, int]) -> None:
        """Note the generations of types, as the index has them.

        One that is behind the times costs a write, not the truth.
        """
        with self._changed:
            self._generations.update(generations)

    def close(self, within_seconds: float) -> None:
        """Take nothing more for long: the thread is to end when nothing waits, or then."""
        with self._changed:
            self._close_by = time.monotonic() + within_seconds
            self._changed.notify()

    # For the one thread

    def wait(self, until: float, *, for_work: bool) -> None:
        """Wait until something is to be done or the backlog closes, or `until`, monotonic."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._close_by is not None or (for_work and self._has_work()),
                max(0.0, until - time.monotonic()),
            )

    @property
    def is_closing(self) -> bool:
        """Whether the thread is to end."""
        return self._close_by is not None

    @property
    def is_over(self) -> bool:
        """Whether the thread is to end now."""
        with self._changed:
            return self._close_by is not None and (
                not self._has_work() or time.monotonic() >= self._close_by
            )

    def know_generations(self) -> None:
        """Note that all generations have been learnt: a type without one has none yet."""
        with self._changed:
            self._are_known = True

    def clears(self) -> list[tuple[str, list[Future[None]]]]:
        """Return the types to be cleared, with those who wait for it."""
        with self._changed:
            return [(asset_type, list(done)) for asset_type, done in self._clears.items()]

    def end_clear(self, asset_type: str, done: list[Future[None]]) -> None:
        """Note that a clear is through; one that was asked for meanwhile stays."""
        with self._changed:
            if len(self._clears[asset_type]) == len(done):
                del self._clears[asset_type]
            else:
                del self._clears[asset_type][: len(done)]
        for each in done:
            each.set_result(None)

    def deletions(self) -> list[tuple[str, str]]:
        """Return the types and keys to be deleted."""
        with self._changed:
            return list(self._deletions)

    def end_deletion(self, asset_type: str, key: str) -> None:
        """Note that a deletion is through."""
        with self._changed:
            del self._deletions[asset_type, key]

    def take_write(self) -> WaitingWrite | None:
        """Return the write that waits longest."""
        with self._changed:
            if not self._writes:
                return None
            write = self._writes.popleft()
            self._waiting_bytes -= len(write.envelope.body)
            return write

    def take_discards(self) -> list[tuple[Row, bool]]:
        """Return the entries to be removed, and of each whether its file was missing."""
        with self._changed:
            discards, self._discards = self._discards, {}
            return list(discards.values())

    def take_uses(self) -> dict[tuple[str, str], Use]:
        """Return the uses by type and key, but for those of entries that wait to be written."""
        with self._changed:
            if not self._uses:
                return {}
            waiting = {(each.envelope.asset_type, each.envelope.key) for each in self._writes}
            uses, self._uses = self._uses, {}
            for identity in waiting & uses.keys():
                self._uses[identity] = uses.pop(identity)
            return uses

    def take_suspicion(self) -> bool:
        """Return whether the index is to be checked."""
        with self._changed:
            suspected, self._is_suspected = self._is_suspected, False
            return suspected

    # Under the lock

    def _has_work(self) -> bool:
        return bool(
            self._writes or self._clears or self._deletions or self._discards or self._is_suspected
        )

    def _generation(self, asset_type: str) -> int | None:
        if asset_type in self._clears or not self._are_known:
            return None
        return self._generations.get(asset_type, 0)

    def _drop(self, condition: Callable[[Envelope], bool]) -> None:
        self._writes = deque(each for each in self._writes if not condition(each.envelope))
        self._waiting_bytes = sum(len(each.envelope.body) for each in self._writes)
