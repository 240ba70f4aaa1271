"""Import the modules named by the arguments; tell what any of them does beyond being imported.

Watched are threads, processes, sockets, files and the environment. Only what our own code asks for
counts, itself or through the standard library, not what other people's modules do.
"""

import importlib
import json
import os
import sys
import sysconfig
import threading

STANDARD = (sysconfig.get_path("stdlib"), "<frozen ")
OURS = ("cache", "generators", "monitoring", "service")
WATCHED = ("os.fork", "os.posix_spawn", "socket.", "subprocess.", "open")

done = []


def ours():
    """Return the module of ours that asks, itself or through the standard library, else None."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.split(".")[0] in OURS:
            return name
        path = frame.f_code.co_filename
        if name.startswith("importlib") or not path.startswith(STANDARD) or "-packages" in path:
            return None
        frame = frame.f_back
    return None


def watch(event, arguments):
    if event.startswith(WATCHED) and (name := ours()):
        done.append(f"{name}: {event} {arguments[:1]}")


class WatchedEnvironment(type(os.environ)):
    """An environment that tells who reads it."""

    def __getitem__(self, key):
        if name := ours():
            done.append(f"{name}: reads {key} of the environment")
        return super().__getitem__(key)


class WatchedThread(threading.Thread):
    """A thread that tells who starts it."""

    def start(self):
        if name := ours():
            done.append(f"{name}: starts a thread")
        super().start()


def main(names):
    for name in names:
        importlib.import_module(name)
    for name in [each for each in sys.modules if each.split(".")[0] in OURS]:
        del sys.modules[name]
    os.environ.__class__ = WatchedEnvironment
    threading.Thread = WatchedThread
    sys.addaudithook(watch)
    for name in names:
        importlib.import_module(name)
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main(sys.argv[1:])
