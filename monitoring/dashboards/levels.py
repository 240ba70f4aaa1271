"""The documented targets, as the colours that panels take when a value meets or misses them.

The critical values are those of the alerts in `prometheus/rules`.
"""

from __future__ import annotations

from typing import NamedTuple

GREEN, YELLOW, RED, BLUE, PURPLE = "green", "yellow", "red", "blue", "purple"


class Level(NamedTuple):
    """A colour and the value from which on it holds; None is from the lowest on."""

    value: float | None
    colour: str


Levels = tuple[Level, ...]


def at_least(critical: float, good: float) -> Levels:
    """Return red below `critical`, yellow below `good`, green from there on."""
    return (Level(None, RED), Level(critical, YELLOW), Level(good, GREEN))


def at_most(warning: float, critical: float) -> Levels:
    """Return green below `warning`, yellow below `critical`, red from there on."""
    return (Level(None, GREEN), Level(warning, YELLOW), Level(critical, RED))


# What has no target.
NO_TARGET: Levels = (Level(None, BLUE),)

HIT_RATIO = at_least(0.5, 0.7)
AVAILABILITY = at_least(0.999, 0.9995)
HITS_IN_TIME = at_least(0.99, 0.995)
MISSES_IN_TIME = at_least(0.95, 0.98)
MEMORY = at_most(0.8, 0.9)
RENDER_SECONDS = at_most(0.25, 0.5)
LAG_SECONDS = at_most(0.025, 0.05)
FAILURES = at_most(0.01, 0.05)
DIRECTOR_FAILURES = at_most(0.05, 0.1)
TIER_FAILURES = at_most(0.01, 0.05)
HIT_SECONDS = at_most(0.05, 0.5)
UP: Levels = (Level(None, RED), Level(1, GREEN))
