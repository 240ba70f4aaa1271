"""The curves of `nanobanana replay --plot`; the only module that needs matplotlib."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from cache.admission import Admission
from cache.analytics.replay import Replayed


def file_endings() -> Collection[str]:
    """Return the endings of the files that can be drawn, without a dot."""
    return Figure().canvas.get_supported_filetypes()


def draw_curves(results: Sequence[Replayed], output: Path) -> None:
    """Draw hit ratio over capacity, a curve for each type, TTL and policy.

    Raises:
        OSError: the file cannot be written.
    """
    curves: dict[str, list[tuple[int, float]]] = {}
    for result in results:
        point = result.configuration.capacity, result.hit_ratio
        curves.setdefault(_curve_name(result), []).append(point)
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="capacity (entries)", ylabel="hit ratio", ylim=(0, 1), title="Replayed hit ratio"
    )
    for name, points in curves.items():
        capacities, hit_ratios = zip(*sorted(points), strict=True)
        axes.plot(capacities, hit_ratios, marker="o", label=name)
    axes.grid(alpha=0.3)
    if curves:
        axes.legend()
    figure.savefig(output, dpi=150)


def _curve_name(result: Replayed) -> str:
    _, ttl_seconds, admission = result.configuration
    ttl = "no TTL" if ttl_seconds == math.inf else f"TTL {ttl_seconds:g} s"
    return f"{result.asset_type}, {ttl}, {'lru' if admission is Admission.ALL else 'value'}"
