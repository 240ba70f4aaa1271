"""Draws a dashboard's panels from the answers to their queries, in the dark look of Grafana.

It reads of Grafana's JSON what our dashboards use: places, units, thresholds, stacking, overrides
and the columns of tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, NullFormatter

from bench.curves import Curve, draw_areas, draw_bars, with_gaps
from bench.quantities import quantity

PAGE, PANEL, EDGE, TEXT, FAINT, GRID = (
    "#111217",
    "#181b1f",
    "#2a2d33",
    "#d8d9e0",
    "#8b8d98",
    "#25282d",
)
COLOURS = {
    "green": "#73bf69",
    "yellow": "#f2cc0c",
    "red": "#f2495c",
    "blue": "#5794f2",
    "orange": "#ff9830",
    "purple": "#b877d9",
}
PALETTE = (
    *("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#5ad8cf", "#e0b400"),
    *("#8ab8ff", "#ffa6b0", "#96d98d", "#ca95e5", "#c4b998", "#ff7383", "#37872d", "#3274d9"),
)

# Inches: a column of Grafana's 24, a unit of its heights, the gap between panels, the title bar.
COLUMN, UNIT, GAP, HEADER = 0.8, 0.36, 0.06, 0.62
DPI = 100

Json = dict[str, Any]


class Mark(NamedTuple):
    """An event that is drawn across all panels."""

    time: float
    colour: str


def draw(
    dashboard: Json,
    curves_of: Callable[[Json], list[Curve]],
    marks: list[Mark],
    span: tuple[float, float],
    chosen: dict[str, str],
    path: Path,
) -> None:
    """Write the picture of a dashboard.

    Args:
        curves_of: answers a panel's queries.
        span: start and end of the time shown, in seconds since the epoch.
        chosen: the dashboard's variables that are not "All".
    """
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    width, height = 24 * COLUMN + GAP, bottom * UNIT + HEADER + GAP
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAGE)
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, width), ylim=(height, 0))
    page.axis("off")
    _draw_header(page, dashboard, span, chosen, width)
    for panel in dashboard["panels"]:
        _Frame(figure, page, panel, span, marks).draw(curves_of)
    figure.savefig(path, facecolor=PAGE)


def _draw_header(
    page: Axes, dashboard: Json, span: tuple[float, float], chosen: dict[str, str], width: float
) -> None:
    page.text(0.2, 0.3, dashboard["title"], color=TEXT, size=13, weight="bold", va="center")
    variables = [each for each in dashboard["templating"]["list"] if each["type"] == "query"]
    choices = [
        f"{each['label']}: {chosen.get(each['name'], 'All')}"
        for each in variables
        if not each.get("hide")
    ]
    page.text(5.2, 0.3, "      ".join(choices), color=FAINT, size=10, va="center")
    shown = " to ".join(datetime.fromtimestamp(each, UTC).strftime("%H:%M:%S") for each in span)
    page.text(width - 0.2, 0.3, f"{shown} UTC", color=FAINT, size=10, va="center", ha="right")


class _Frame:
    """One panel on the page."""

    def __init__(
        self,
        figure: Figure,
        page: Axes,
        panel: Json,
        span: tuple[float, float],
        marks: list[Mark],
    ) -> None:
        self._figure, self._page, self._panel, self._span = figure, page, panel, span
        self._marks = marks
        place = panel["gridPos"]
        self._left = place["x"] * COLUMN + GAP
        self._top = place["y"] * UNIT + HEADER
        self._width = place["w"] * COLUMN - GAP
        self._height = place["h"] * UNIT - GAP
        config = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
        self._defaults = config["defaults"]
        matchers = [each["matcher"]["id"] for each in config["overrides"]]
        self._hides_zeros = "byValue" in matchers
        # By the name of a series, or by the letter of its query.
        self._overrides = {
            each["matcher"]["options"]: {item["id"]: item["value"] for item in each["properties"]}
            for each in config["overrides"]
            if each["matcher"]["id"] != "byValue"
        }

    def draw(self, curves_of: Callable[[Json], list[Curve]]) -> None:
        if self._panel["type"] == "row":
            middle = self._top + self._height / 2
            self._write(0.14, middle - self._top, "▾  " + self._panel["title"], TEXT, 11, "bold")
            return
        self._page.add_patch(
            FancyBboxPatch(
                (self._left, self._top),
                self._width,
                self._height,
                boxstyle="round,pad=0,rounding_size=0.04",
                facecolor=PANEL,
                edgecolor=EDGE,
                linewidth=0.8,
            )
        )
        self._write(0.12, 0.19, self._panel["title"], TEXT, 9.5, "bold")
        curves = curves_of(self._panel)
        if not curves:
            middle = (self._width / 2, self._height / 2)
            self._write(*middle, "no data", FAINT, 11, align="center")
            return
        {"stat": self._number, "table": self._table, "timeseries": self._time_series}[
            self._panel["type"]
        ](curves)

    def _number(self, curves: list[Curve]) -> None:
        curve = curves[0]
        colour = _level_colour(curve.values[-1], self._defaults["thresholds"]["steps"])
        axes = self._axes(0.0, self._height * 0.55, self._width, self._height * 0.45)
        axes.axis("off")
        axes.fill_between(curve.times, curve.values, color=colour, alpha=0.16, linewidth=0)
        axes.plot(curve.times, curve.values, color=colour, linewidth=1.2, alpha=0.7)
        top = max(curve.values) or 1
        axes.set(xlim=self._span, ylim=(0, top * 1.15))
        size = min(46.0, self._height * 17, self._width * 11)
        text = quantity(curve.values[-1], self._defaults["unit"])
        self._write(self._width / 2, self._height * 0.46, text, colour, size, "bold", "center")

    def _table(self, curves: list[Curve]) -> None:
        organized = self._panel["transformations"][1]["options"]
        renamed, order = organized["renameByName"], organized["indexByName"]
        columns = [renamed[field] for field in sorted(renamed, key=order.__getitem__)]
        rows: dict[str, dict[str, float]] = {}
        for curve in curves:
            heading = renamed[f"Value #{curve.letter}"]
            rows.setdefault(curve.labels["asset_type"], {})[heading] = curve.values[-1]
        pitch = (self._width - 0.24) / (len(columns) + 0.6)
        lefts = [0.12, *(0.12 + pitch * (place + 1.6) for place in range(len(columns) - 1))]
        step = min(0.36, (self._height - 0.8) / max(1, len(rows)))
        for left, heading in zip(lefts, columns, strict=True):
            where = left if heading == columns[0] else left + pitch - 0.1
            self._write(where, 0.55, heading, FAINT, 9, align="left" if left == 0.12 else "right")
        for line, (asset_type, cells) in enumerate(sorted(rows.items())):
            middle = 0.9 + line * step
            self._write(0.12, middle, asset_type, TEXT, 9.5)
            for left, heading in zip(lefts[1:], columns[1:], strict=True):
                if heading in cells and math.isfinite(cells[heading]):
                    self._cell(left, middle, pitch, step, cells[heading], self._overrides[heading])

    def _cell(
        self, left: float, middle: float, width: float, height: float, value: float, told: Json
    ) -> None:
        colour = TEXT
        if "custom.cellOptions" in told:
            self._page.add_patch(
                FancyBboxPatch(
                    (self._left + left + 0.03, self._top + middle - height / 2 + 0.02),
                    width - 0.06,
                    height - 0.04,
                    boxstyle="round,pad=0,rounding_size=0.03",
                    facecolor=_level_colour(value, told["thresholds"]["steps"]),
                    linewidth=0,
                    alpha=0.85,
                )
            )
            colour = "#101114"
        text = quantity(value, told["unit"])
        self._write(left + width - 0.1, middle, text, colour, 9.5, align="right")

    def _time_series(self, curves: list[Curve]) -> None:
        curves = sorted(curves, key=lambda curve: curve.name)
        colours = {
            curve.name: self._colour(curve, place)
            for place, curve in enumerate(curves)
            if any(curve.values) or not self._hides_zeros
        }
        curves = [curve for curve in curves if curve.name in colours]
        used = self._legend(colours)
        top, left = 0.42, 0.72
        axes = self._axes(left, top, self._width - left - 0.16, self._height - top - used - 0.3)
        custom = self._defaults["custom"]
        summed = [curve for curve in curves if self._is_stacked(curve)]
        if custom.get("drawStyle") == "bars":
            highest = draw_bars(axes, summed, colours)
        else:
            highest = draw_areas(axes, summed, colours)
        for curve in curves:
            if curve not in summed:
                dashes = self._overrides.get(curve.name, {}).get("custom.lineStyle")
                style = (0, (6, 4)) if dashes else "-"
                axes.plot(*with_gaps(curve), color=colours[curve.name], lw=1.5, ls=style)
                highest = max([highest, *filter(math.isfinite, curve.values)])
        if custom.get("scaleDistribution", {}).get("type") == "log":
            axes.set_yscale("log")
        else:
            axes.set_ylim(0, max(highest * 1.12, custom.get("axisSoftMax", 0)) or 1)
            axes.yaxis.set_major_locator(_locator(axes.get_ylim()[1], self._defaults["unit"]))
        self._furnish(axes)

    def _is_stacked(self, curve: Curve) -> bool:
        alone = "custom.stacking" in self._overrides.get(curve.name, {})
        mode = self._defaults["custom"].get("stacking", {}).get("mode")
        return mode == "normal" and not alone

    def _furnish(self, axes: Axes) -> None:
        unit = self._defaults["unit"]
        axes.set_xlim(self._span)
        axes.set_facecolor("none")
        for side in axes.spines.values():
            side.set_visible(False)
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(which="both", colors=FAINT, labelsize=8, length=0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, unit)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_locator(
            MaxNLocator(max(2, int(self._width / 1.2)), steps=[1, 2, 3, 6])
        )
        axes.xaxis.set_major_formatter(FuncFormatter(_clock))
        bottom, top = axes.get_ylim()
        if self._defaults["custom"]["thresholdsStyle"]["mode"] == "dashed":
            for step in self._defaults["thresholds"]["steps"][1:]:
                if bottom <= step["value"] <= top:
                    colour = COLOURS[step["color"]]
                    axes.axhline(step["value"], color=colour, lw=0.9, ls=(0, (5, 5)))
        for mark in self._marks:
            axes.axvline(mark.time, color=COLOURS[mark.colour], lw=1.1, ls=(0, (2, 2)))

    def _legend(self, colours: dict[str, str]) -> float:
        """Write names below the picture, at most three lines of them; return the inches taken."""
        lines: list[list[tuple[float, str]]] = [[]]
        x = 0.14
        for name in colours:
            needed = 0.34 + len(name) * 0.067
            if x + needed > self._width and lines[-1]:
                lines.append([])
                x = 0.14
            lines[-1].append((x, name))
            x += needed
        shown = lines[:3]
        for depth, line in enumerate(reversed(shown)):
            middle = self._height - 0.14 - depth * 0.19
            for x, name in line:
                left, y = self._left + x, self._top + middle
                self._page.plot([left, left + 0.14], [y, y], color=colours[name], linewidth=3)
                self._write(x + 0.2, middle, name, TEXT, 7.8)
        if len(lines) > 3:
            rest = sum(len(line) for line in lines[3:])
            self._write(self._width - 0.1, 0.19, f"and {rest} more", FAINT, 7.8, align="right")
        return 0.19 * len(shown)

    def _colour(self, curve: Curve, place: int) -> str:
        for told in (curve.name, curve.letter):
            if fixed := self._overrides.get(told, {}).get("color"):
                return COLOURS[fixed["fixedColor"]]
        return PALETTE[place % len(PALETTE)]

    def _axes(self, left: float, top: float, width: float, height: float) -> Axes:
        whole_width, whole_height = self._figure.get_size_inches()
        bottom = whole_height - (self._top + top + height)
        return self._figure.add_axes(
            (
                (self._left + left) / whole_width,
                bottom / whole_height,
                width / whole_width,
                height / whole_height,
            )
        )

    def _write(
        self,
        left: float,
        top: float,
        text: str,
        colour: str,
        size: float,
        weight: str = "normal",
        align: str = "left",
    ) -> None:
        self._page.text(
            self._left + left,
            self._top + top,
            text,
            color=colour,
            size=size,
            weight=weight,
            ha=align,
            va="center",
        )


def _locator(highest: float, unit: str) -> MaxNLocator | MultipleLocator:
    """Return where to put the lines of a linear axis: bytes in powers of two."""
    if unit in ("bytes", "Bps"):
        return MultipleLocator(2.0 ** math.ceil(math.log2(highest / 5)))
    return MaxNLocator(4, steps=[1, 2, 2.5, 5, 10])


def _level_colour(value: float, steps: list[Json]) -> str:
    reached = [step for step in steps if step.get("value") is None or value >= step["value"]]
    return COLOURS[reached[-1]["color"]]


def _clock(seconds: float, _: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")
