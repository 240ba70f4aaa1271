"""A small vocabulary of panels: a number, a table, and lines, areas or bars over time.

Each says what it shows, in which unit, where its targets are, and which runbooks tell what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeVar

from .foundation import (
    Builder,
    PromQueryFormat,
    builder,
    common,
    common_builder,
    model,
    prometheus,
    stat,
    table,
    timeseries,
)
from .levels import NO_TARGET, RED, Levels

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")

# Grafana's names of units.
RATIO, SECONDS, BYTES, BYTES_PER_SECOND = "percentunit", "s", "bytes", "Bps"
COUNT, PER_SECOND, PER_MINUTE, REQUESTS_PER_SECOND = "short", "ops", "opm", "reqps"

Panel = timeseries.Panel | stat.Panel | table.Panel
_AnyPanel = TypeVar("_AnyPanel", timeseries.Panel, stat.Panel, table.Panel)


@dataclass(frozen=True)
class About:
    """What every panel tells of itself.

    Attributes:
        description: what is shown and how to read it, in whole sentences.
        unit: one of the names above.
        levels: the colours of its values.
        runbooks: alerts that watch what is shown.
    """

    title: str
    description: str
    unit: str
    levels: Levels = NO_TARGET
    runbooks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Curve:
    """A query and what its series are called; `{{label}}` stands for the label's value.

    Attributes:
        colour: by default one that is made of each legend.
    """

    expression: str
    legend: str
    colour: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table by asset type: its heading, an instant query and its unit."""

    heading: str
    expression: str
    unit: str
    levels: Levels = ()


def number(about: About, expression: str) -> stat.Panel:
    """Return the last value, large, over a line of where it came from."""
    return (
        _told(stat.Panel(), about)
        .with_target(_query(expression, about.title))
        .reduce_options(common_builder.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(common.BigValueGraphMode.AREA)
        .color_mode(common.BigValueColorMode.VALUE)
    )


def lines(about: About, *curves: Curve) -> timeseries.Panel:
    """Return lines over time, with a dashed line at each target."""
    return _over_time(about, curves).min(0).line_width(2).fill_opacity(6)


def magnitudes(about: About, *curves: Curve) -> timeseries.Panel:
    """Return lines over time on a logarithmic axis, for what differs by orders of magnitude."""
    scale = common_builder.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10)
    return _over_time(about, curves).line_width(2).scale_distribution(scale)


def areas(about: About, *curves: Curve) -> timeseries.Panel:
    """Return areas over time, one on top of the other: parts of a whole."""
    return (
        _without_zeros(_over_time(about, curves))
        .min(0)
        .line_width(1)
        .fill_opacity(45)
        .stacking(common_builder.StackingConfig().mode(common.StackingMode.NORMAL))
    )


def areas_under(about: About, limit: Curve, *curves: Curve) -> timeseries.Panel:
    """Return stacked areas, and the limit of their sum as a dashed line of its own."""
    return areas(about, *curves, limit).override_by_name(
        limit.legend,
        [
            _property("custom.stacking", {"mode": "none"}),
            _property("custom.fillOpacity", 0),
            _property("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
            _property("color", {"mode": "fixed", "fixedColor": RED}),
        ],
    )


def bars(about: About, *curves: Curve) -> timeseries.Panel:
    """Return stacked bars, for what happens now and then."""
    return (
        _without_zeros(_over_time(about, curves))
        .min(0)
        .draw_style(common.GraphDrawStyle.BARS)
        .line_width(0)
        .fill_opacity(70)
        .stacking(common_builder.StackingConfig().mode(common.StackingMode.NORMAL))
    )


def by_asset_type(about: About, *columns: Column) -> table.Panel:
    """Return a table with a row for each asset type; the queries keep that label alone."""
    panel = _told(table.Panel(), about)
    headings = {"asset_type": "Asset type"}
    for letter, column in zip(ascii_uppercase, columns, strict=False):
        target = _query(column.expression, column.heading).instant().ref_id(letter)
        panel.with_target(target.format(PromQueryFormat.TABLE))
        headings[f"Value #{letter}"] = column.heading
        panel.override_by_name(column.heading, _cells(column))
    order = {name: place for place, name in enumerate(headings)}
    return panel.with_transformation(
        model.DataTransformerConfig(id_val="merge", options={})
    ).with_transformation(
        model.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "indexByName": order,
                "renameByName": headings,
            },
        )
    )


def _cells(column: Column) -> list[model.DynamicConfigValue]:
    if not column.levels:
        return [_property("unit", column.unit)]
    return [
        _property("unit", column.unit),
        _property("thresholds", _thresholds(column.levels).build()),
        _property("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
    ]


def _property(name: str, value: object) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val=name, value=value)


def _over_time(about: About, curves: tuple[Curve, ...]) -> timeseries.Panel:
    panel = _told(timeseries.Panel(), about).show_points(common.VisibilityMode.NEVER)
    if about.unit == RATIO:
        panel.axis_soft_max(1)
    for letter, curve in zip(ascii_uppercase, curves, strict=False):
        query = _query(curve.expression, curve.legend).ref_id(letter)
        # Exemplars carry the request id: from a slow request to its line in the log.
        panel.with_target(query.exemplar("_bucket" in curve.expression))
        if curve.colour:
            # Series of one curve that their labels tell apart take shades of it.
            mode = "shades" if "{{" in curve.legend else "fixed"
            colour = _property("color", {"mode": mode, "fixedColor": curve.colour})
            panel.override_by_query(letter, [colour])
    legend = (
        common_builder.VizLegendOptions()
        .show_legend(True)
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
    )
    tooltip = (
        common_builder.VizTooltipOptions()
        .mode(common.TooltipDisplayMode.MULTI)
        .sort(common.SortOrder.DESCENDING)
    )
    target_line = (
        common.GraphThresholdsStyleMode.OFF
        if about.levels is NO_TARGET
        else common.GraphThresholdsStyleMode.DASHED
    )
    return (
        panel.legend(legend)
        .tooltip(tooltip)
        .color_scheme(builder.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .thresholds_style(common_builder.GraphThresholdsStyleConfig().mode(target_line))
    )


def _without_zeros(panel: timeseries.Panel) -> timeseries.Panel:
    """Hide series that are 0 all the time: every label set exists, few of them happen."""
    return panel.with_override(
        model.MatcherConfig(
            id_val="byValue", options={"reducer": "allIsZero", "op": "gte", "value": 0}
        ),
        [_property("custom.hideFrom", {"legend": True, "tooltip": True, "viz": True})],
    )


def _told(panel: _AnyPanel, about: About) -> _AnyPanel:
    runbooks: list[Builder[model.DashboardLink]] = [
        builder.DashboardLink(f"Runbook: {alert}")
        .type(model.DashboardLinkType.LINK)
        .url(f"http://${{service}}/runbooks/{alert}")
        .target_blank(True)
        for alert in about.runbooks
    ]
    return (
        panel.title(about.title)
        .description(about.description)
        .unit(about.unit)
        .datasource(DATASOURCE)
        .thresholds(_thresholds(about.levels))
        .color_scheme(builder.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
        .no_value("no data")
        .links(runbooks)
    )


def _thresholds(levels: Levels) -> builder.ThresholdsConfig:
    return (
        builder.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=level.value, color=level.colour) for level in levels])
    )


def _query(expression: str, legend: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .expr(expression)
        .legend_format(legend)
        .datasource(DATASOURCE)
        .ref_id("A")
        .range()
    )
