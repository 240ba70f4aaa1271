"""Draw in processes of their own: a bounded queue, a deadline, and no harm from a crash."""

from .drawing import Failed, draw, prepare
from .orders import Drawing, GenerationOutcome, GenerationReport, Order, PoolReport
from .pool import WorkerPool

__all__ = [
    "Drawing",
    "Failed",
    "GenerationOutcome",
    "GenerationReport",
    "Order",
    "PoolReport",
    "WorkerPool",
    "draw",
    "prepare",
]
