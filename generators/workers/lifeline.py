"""A pipe that nothing is ever written to: when its writer lets go, the process at its end dies.

The writer lets go by closing it or by dying, however suddenly. So no worker outlives the server,
and killing a worker needs no process id that might by then belong to another process.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import threading


class Lifeline:
    """The writer's side.

    Attributes:
        end: the descriptor for the process whose life hangs on it; close it once handed over.
    """

    def __init__(self) -> None:
        self.end, self._held = os.pipe()

    def close_end(self) -> None:
        """Close our copy of the descriptor that the other process holds."""
        os.close(self.end)

    def cut(self) -> None:
        """Kill the process; cutting again does nothing."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


def hang_on(end: int) -> None:
    """Let this process die when the writer of the pipe `end` lets go.

    Linux delivers a signal of choice when a pipe hangs up (fcntl(2), F_SETSIG), and SIGKILL ends a
    process that is stuck anywhere. Elsewhere a thread waits, which needs the interpreter to turn.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(end, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(end, fcntl.F_SETFL, os.O_ASYNC)
        if select.select([end], [], [], 0)[0]:  # it was cut before this
            os._exit(1)
    else:
        threading.Thread(target=_exit_at_hangup, args=(end,), daemon=True).start()


def _exit_at_hangup(end: int) -> None:
    os.read(end, 1)
    os._exit(1)
