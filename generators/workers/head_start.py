"""Start the fork server before anything waits for it: it loads while the server itself does."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import WorkersUnavailable
from ..registry import Registry
from . import frames
from .lifeline import Lifeline

# Said before numpy is loaded, so that no thread is there when workers are forked.
_THREADS = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    ),
    "1",
)


class HeadStart:
    """A fork server that was started and told what to load; needs no event loop.

    Attributes:
        process: the process; whoever takes it over waits for its end.
        channel: our end of its control socket.
        lifeline: what its life hangs on.

    Raises:
        WorkersUnavailable: it cannot be started.
    """

    def __init__(self, load_registry: Callable[[], Registry]) -> None:
        self._is_taken = False
        self.channel, theirs = socket.socketpair()
        self.lifeline = Lifeline()
        handed_over = theirs.fileno(), self.lifeline.end
        try:
            self.process = subprocess.Popen(  # noqa: S603 this interpreter, and two numbers
                (sys.executable, "-P", "-m", f"{__package__}.fork_server", *map(str, handed_over)),
                stdin=subprocess.DEVNULL,
                env=_environment(),
                pass_fds=handed_over,
                start_new_session=True,  # a Ctrl-C in the terminal is for the server alone
            )
        except OSError as error:
            self.channel.close()
            self.lifeline.cut()
            raise WorkersUnavailable(f"the fork server does not start: {error}") from error
        finally:
            theirs.close()
            self.lifeline.close_end()
        body = pickle.dumps(load_registry)
        with suppress(OSError):  # it is dead already, as whoever listens to it will find
            self.channel.sendall(frames.head({}, body) + body)

    def take(self) -> None:
        """Take over what it is made of, and the duty to end it."""
        self._is_taken = True

    def abandon(self) -> None:
        """Kill it, unless somebody took it over."""
        if self._is_taken:
            return
        self._is_taken = True
        self.channel.close()
        self.lifeline.cut()
        self.process.wait()


def _environment() -> dict[str, str]:
    """Return the environment in which the same modules are found, and one thread calculates."""
    path = os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)
    return {**os.environ, **_THREADS, "PYTHONPATH": path}
