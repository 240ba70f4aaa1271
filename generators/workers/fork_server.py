"""The process that workers are forked from: everything is loaded once, a new worker takes 10 ms.

It runs as `python -m generators.workers.fork_server CONTROL LIFELINE` with two inherited
descriptors. Over CONTROL comes the pickled function that loads the registry, then, for every worker
wanted, one byte with the descriptors of that worker's channel and lifeline. It has one thread, so
forking is safe.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import NoReturn

from ..registry import Registry
from . import frames
from .drawing import Drawn, draw, failure, prepare
from .lifeline import hang_on

_logger = logging.getLogger(__name__)

_NICENESS = 5  # drawing yields to the event loop, whose hits are due in milliseconds


def main(control: socket.socket, lifeline: int) -> None:
    """Load the registry, then fork workers until the server closes `control`, and reap them."""
    for interruption in (signal.SIGINT, signal.SIGTERM):  # the server decides when we end
        signal.signal(interruption, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps dead workers
    hang_on(lifeline)
    with control.makefile("rb") as stream:  # nothing follows that it could read too early
        _, body = frames.read(stream)
    try:
        registry = prepare(pickle.loads(body))  # noqa: S301 from our own parent, privately
    except Exception as error:
        control.sendall(frames.head({"failed": failure(error).traceback_text}, b""))
        return
    gc.freeze()  # keeps the collector of each worker off the pages they all share
    control.sendall(frames.head({}, b""))
    _fork_workers(control, registry)


def _fork_workers(control: socket.socket, registry: Registry) -> None:
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not request:
            break
        channel, lifeline = descriptors
        if os.fork() == 0:
            control.close()
            _live(socket.socket(fileno=channel), lifeline, registry)
        os.close(channel)
        os.close(lifeline)
    with suppress(ChildProcessError):  # an ignored SIGCHLD makes this wait for all of them
        os.wait()


def _live(channel: socket.socket, lifeline: int, registry: Registry) -> NoReturn:
    """Be a worker until the server is gone, or wants us gone."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a plug-in may run programs
        hang_on(lifeline)
        os.nice(_NICENESS)
        with suppress(EOFError, OSError):
            _draw_orders(channel, registry)
    except BaseException:
        _logger.exception("worker ended")
    os._exit(0)


def _draw_orders(channel: socket.socket, registry: Registry) -> None:
    channel.sendall(frames.head({}, b""))
    with channel.makefile("rb") as stream:
        while True:
            _, body = frames.read(stream)
            try:
                result = draw(registry, pickle.loads(body))  # noqa: S301 from our own parent
            except Exception as error:  # it unpickles there, but not here
                result = failure(error)
            facts = asdict(result)
            file = facts.pop("body") if isinstance(result, Drawn) else b""
            channel.sendall(frames.head(facts, file))
            channel.sendall(file)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
