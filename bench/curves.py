"""Series of an answer, and how they are laid out in a picture: one by one, or in a pile."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes


class Curve(NamedTuple):
    """A series of an answer: its name, its target's letter, its labels, times and values."""

    name: str
    letter: str
    labels: dict[str, str]
    times: list[float]
    values: list[float]


def draw_areas(axes: Axes, curves: list[Curve], colours: dict[str, str]) -> float:
    """Draw areas one on top of the other and return the height of the pile."""
    times, values = _aligned(curves)
    floor = np.zeros(len(times))
    for curve, value in zip(curves, values, strict=True):
        colour = colours[curve.name]
        axes.fill_between(times, floor, floor + value, color=colour, alpha=0.45, linewidth=0)
        axes.plot(times, floor + value, color=colour, linewidth=0.9)
        floor = floor + value
    return float(max(floor, default=0.0))


def draw_bars(axes: Axes, curves: list[Curve], colours: dict[str, str]) -> float:
    """Draw bars one on top of the other and return the height of the highest pile."""
    times, values = _aligned(curves)
    floor = np.zeros(len(times))
    width = 0.8 * (times[1] - times[0]) if len(times) > 1 else 1.0
    for curve, value in zip(curves, values, strict=True):
        axes.bar(times, value, width, floor, color=colours[curve.name], alpha=0.85, linewidth=0)
        floor = floor + value
    return float(max(floor, default=0.0))


def _aligned(curves: list[Curve]) -> tuple[list[float], list[np.ndarray]]:
    """Return the times of any curve, and each curve's values then; 0 where it has none."""
    times = sorted({time for curve in curves for time in curve.times})
    tables = [dict(zip(curve.times, curve.values, strict=True)) for curve in curves]
    return times, [np.nan_to_num([table.get(time, 0.0) for time in times]) for table in tables]


def with_gaps(curve: Curve) -> tuple[list[float], list[float]]:
    """Return times and values with NaN between points that are further apart than others."""
    if len(curve.times) < 3:
        return curve.times, curve.values
    usual = min(later - sooner for sooner, later in zip(curve.times, curve.times[1:], strict=False))
    times, values = [curve.times[0]], [curve.values[0]]
    for time, value in zip(curve.times[1:], curve.values[1:], strict=True):
        if time - times[-1] > 1.5 * usual:
            times.append(time - usual)
            values.append(math.nan)
        times.append(time)
        values.append(value)
    return times, values
