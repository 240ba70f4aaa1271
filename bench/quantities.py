"""Writes a number in its unit, as Grafana does."""

from __future__ import annotations

import math
import re


def quantity(value: float, unit: str) -> str:
    """Return a value as Grafana writes it in this unit."""
    if not math.isfinite(value):
        return "–"
    if unit == "percentunit":
        return f"{_digits(value * 100)} %"
    if unit == "s":
        return _seconds(value)
    if unit in ("bytes", "Bps"):
        per = "/s" if unit == "Bps" else ""
        for factor, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
            if value >= factor:
                return f"{_digits(value / factor)} {name}{per}"
        return f"{_digits(value)} B{per}"
    suffix = {"ops": "/s", "reqps": "/s", "opm": "/min"}.get(unit, "")
    if value >= 1000:
        return f"{_digits(value / 1000)} K{suffix}"
    return f"{_digits(value)}{suffix and ' ' + suffix}"


def _seconds(value: float) -> str:
    for factor, name in ((3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms")):
        if value >= factor:
            return f"{_digits(value / factor)} {name}"
    return f"{_digits(value * 1e6)} µs" if value else "0 s"


def _digits(value: float) -> str:
    return re.sub(r"\.?0+$", "", f"{value:.2f}") if value < 10 else f"{value:.3g}"
