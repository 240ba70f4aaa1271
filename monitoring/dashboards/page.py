"""A dashboard: rows of panels, and what all of ours share: variables, annotations and links."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from .foundation import Builder, builder, model
from .panels import DATASOURCE, Panel
from .promql import increase, of_type, series, sum_by

_TAG = "nanobanana"
_CHOSEN = '{job=~"$job", instance=~"$instance"}'


@dataclass(frozen=True)
class Row:
    """A heading and its panels, each with its width in 24ths of the page; lines fill and wrap."""

    title: str
    height: int
    panels: tuple[tuple[int, Panel], ...]


def row(title: str, height: int, *panels: tuple[int, Panel]) -> Row:
    """Return a row of panels that are `height` grid units high, of about 30 pixels each."""
    return Row(title, height, panels)


def page(uid: str, title: str, description: str, *rows: Row) -> model.Dashboard:
    """Return a dashboard; its panels are numbered in the order they are read."""
    built = (
        builder.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([_TAG])
        .readonly()
        .refresh("30s")
        .time("now-3h", "now")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .variables(_variables())
        .annotations(_annotations())
        .links(_links())
    )
    numbers = count(1)
    for each in rows:
        built.with_row(builder.Row(each.title).id(next(numbers)))
        for width, panel in each.panels:
            built.with_panel(panel.id(next(numbers)).span(width).height(each.height))
    return built.build()


def _variables() -> list[Builder[model.VariableModel]]:
    """Return the choices, each narrowed by those before it.

    The last is hidden: the first of the chosen instances, which serves the runbooks.
    """
    return [
        builder.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        _multiple("job", "Job", "label_values(nanobanana_build_info, job)"),
        _multiple(
            "instance", "Instance", 'label_values(nanobanana_build_info{job=~"$job"}, instance)'
        ),
        _multiple(
            "asset_type",
            "Asset type",
            f"label_values(nanobanana_generations_in_progress{_CHOSEN}, asset_type)",
        ),
        _queried("service", "Service", f"label_values(nanobanana_build_info{_CHOSEN}, instance)")
        .multi(False)
        .hide(model.VariableHide.HIDE_VARIABLE),
    ]


def _multiple(name: str, label: str, query: str) -> builder.QueryVariable:
    everything = model.VariableOption(selected=True, text=["All"], value=["$__all"])
    return (
        _queried(name, label, query)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(everything)
    )


def _queried(name: str, label: str, query: str) -> builder.QueryVariable:
    return (
        builder.QueryVariable(name)
        .label(label)
        .query({"query": query, "refId": name})
        .definition(query)
        .datasource(DATASOURCE)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )


def _annotations() -> list[Builder[model.AnnotationQuery]]:
    clears = f"{sum_by(increase(of_type('cache_clears_total')), 'instance', 'asset_type')} > 0"
    return [
        _annotation("Clears", "orange", clears)
        .title_format("Cache cleared")
        .text_format("{{asset_type}} on {{instance}}"),
        # Milliseconds: each process is marked where it says that it started.
        _annotation("Restarts", "purple", f"1000 * {series('process_start_time_seconds')}")
        .use_value_for_time(True)
        .title_format("Started")
        .text_format("{{instance}}"),
    ]


def _annotation(name: str, colour: str, expression: str) -> builder.AnnotationQuery:
    return (
        builder.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(colour)
        .expr(expression)
        .step("60s")
    )


def _links() -> list[Builder[model.DashboardLink]]:
    return [
        builder.DashboardLink("Other dashboards")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([_TAG])
        .include_vars(True)
        .keep_time(True),
        builder.DashboardLink("Service")
        .type(model.DashboardLinkType.LINK)
        .url("http://${service}/")
        .target_blank(True),
    ]
