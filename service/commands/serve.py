"""`nanobanana serve`: run the service until asked to stop."""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn


class _AskedToStop(BaseException):
    """SIGTERM came before there was anything to finish; no SystemExit, which a plug-in may mean."""


def serve(_options: argparse.Namespace) -> int:
    """Serve with the settings of the environment."""
    with contextlib.suppress(_AskedToStop), _ended_by_sigterm():
        # Imported here: it takes most of a start, during which a signal may come, too.
        from ..start import run

        run()
    return 0


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM raise `_AskedToStop` until the service serves and takes it over."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _AskedToStop
