"""Every query of the dashboards is PromQL, and asks for metrics and labels that there are."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from monitoring.dashboards import queries

CATALOGUE = Path(__file__).parents[2] / "docs" / "metrics.md"
DESCRIBED = re.compile(r"^### `(nanobanana_\w+)`\n\n(\w+), labels: ([^;]+);", re.MULTILINE)

# What Prometheus adds to every series.
ADDED = {"job", "instance"}


def catalogue():
    """Return the labels of every series that docs/metrics.md describes, by its name."""
    told = {}
    for name, kind, listed in DESCRIBED.findall(CATALOGUE.read_text()):
        labels = set(re.findall(r"`(\w+)`", listed))
        if kind == "histogram":
            told |= {f"{name}_{part}": labels for part in ("sum", "count")}
            told[f"{name}_bucket"] = labels | {"le"}
        else:
            told[name] = labels
    return told


SERIES = catalogue()
TARGETS = [
    pytest.param(target, id=f"{dashboard['uid']}: {panel['title']} {target['refId']}")
    for dashboard in queries.written()
    for panel in queries.panels(dashboard)
    for target in panel["targets"]
]


def selectors(expr):
    """Return the name and the labels matched of every selector."""
    return [
        (name, set(re.findall(r'(\w+)(?:=~|!~|!=|=)"', matchers)))
        for name, matchers in re.findall(r"(nanobanana_\w+)(?:\{([^}]*)\})?", expr)
    ]


def test_the_catalogue_is_read():
    assert len(catalogue()) > 40


@pytest.mark.parametrize("query", queries.queries(), ids=lambda each: f"{each.panel}")
def test_a_query_asks_for_series_and_labels_that_there_are(query):
    asked = selectors(query.expr)
    assert asked
    for name, labels in asked:
        assert name in SERIES
        assert labels <= SERIES[name] | ADDED, name


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_summed_by_and_told_in_the_legend_is_a_label_of_every_series(target):
    kept = re.findall(r"\bby \(([^)]*)\)", target["expr"])
    by = {label for each in kept for label in each.split(", ")}
    for name, _ in selectors(target["expr"]):
        assert by <= SERIES[name] | ADDED, name
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= by


def test_every_query_is_promql(program, tmp_path):
    rules = [
        {"record": f"query:{number}", "expr": query.expr}
        for number, query in enumerate(queries.queries())
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    checked = subprocess.run(
        [program("promtool"), "check", "rules", file], capture_output=True, text=True, timeout=60
    )
    assert checked.returncode == 0, checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout


def test_variables_are_filled_in():
    assert queries.filled('up{job=~"$job"}[$__rate_interval]') == 'up{job=~".+"}[1m]'
    assert queries.filled("[${__rate_interval}]", __rate_interval="5s") == "[5s]"
    for query in queries.queries():
        assert "$" not in query.expr


def test_a_variable_without_a_value_is_told():
    with pytest.raises(KeyError, match="nobody"):
        queries.filled("$nobody")
