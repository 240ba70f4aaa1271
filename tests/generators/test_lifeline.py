"""A process that hangs on a lifeline dies when it is cut, whatever it does, on every system."""

import os
import signal
import subprocess
import sys

import pytest

from generators.workers.lifeline import Lifeline

STUCK_IN_C = "sum(range(10**15))"
STUCK_IN_PYTHON = "while True: pass"


def start(end, before, stuck):
    """Start a process that tells when it hangs on `end`, then is stuck."""
    script = f"""
{before}
from generators.workers.lifeline import hang_on
hang_on({end})
print("hanging", flush=True)
{stuck}
"""
    return subprocess.Popen(
        [sys.executable, "-c", script],
        pass_fds=[end],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels send no SIGKILL at hangup")
def test_the_kernel_kills_whatever_the_process_does():
    lifeline = Lifeline()
    with start(lifeline.end, "", STUCK_IN_C) as process:
        lifeline.close_end()
        assert process.stdout.readline() == b"hanging\n"
        lifeline.cut()
        lifeline.cut()  # again is no harm
        assert process.wait(2) == -signal.SIGKILL


def test_elsewhere_a_thread_ends_the_process():
    lifeline = Lifeline()
    elsewhere = 'import fcntl; vars(fcntl).pop("F_SETSIG", None)'
    with start(lifeline.end, elsewhere, STUCK_IN_PYTHON) as process:
        lifeline.close_end()
        assert process.stdout.readline() == b"hanging\n"
        lifeline.cut()
        assert process.wait(2) == 1


def test_a_lifeline_cut_before_anyone_hangs_on_it_kills_too():
    lifeline = Lifeline()
    lifeline.cut()
    with start(lifeline.end, "", STUCK_IN_C) as process:
        lifeline.close_end()
        assert process.wait(5) != 0
