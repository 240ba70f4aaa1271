"""Every recording rule and every query of a dashboard is valid and has something to tell.

Asked of a real Prometheus while a real service is under a mixed load.
"""

import json
import math
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import monitoring

FOLDER = Path(monitoring.__file__).parent

RECORDED = {
    rule["record"]: rule["expr"]
    for file in sorted((FOLDER / "prometheus" / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
    if "record" in rule
}

# What Grafana puts in the place of its variables: sigils are what most happens to.
VARIABLES = {
    "__rate_interval": "5m",
    "__interval": "1m",
    "__range": "1h",
    "job": "nanobanana",
    "instance": "localhost:8001",
    "asset_type": "sigil",
}

# Once the load has been on for this long, whatever has no data has none.
PATIENCE_SECONDS = 30.0


def expressions(node):
    """Return all PromQL expressions in a document of Grafana."""
    if isinstance(node, dict):
        own = [node["expr"]] if isinstance(node.get("expr"), str) else []
        return own + [each for value in node.values() for each in expressions(value)]
    if isinstance(node, list):
        return [each for value in node for each in expressions(value)]
    return []


def substituted(expression):
    for name, value in VARIABLES.items():
        expression = re.sub(rf"\$(?:{name}\b|{{{name}(?::\w+)?}})", value, expression)
    return expression


def panels(dashboard):
    """Return all panels, those in collapsed rows included."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def dashboard_queries():
    """Return a parameter for each query of each panel."""
    for file in sorted((FOLDER / "grafana" / "dashboards").glob("*.json")):
        for panel in panels(json.loads(file.read_text())):
            for target in panel.get("targets", ()):
                name = f"{file.stem}: {panel['title']} {target['refId']}"
                yield pytest.param(substituted(target["expr"]), id=name)


def other_queries():
    """Return a parameter for each query of an annotation, and of an alert that Grafana manages."""
    for file in sorted((FOLDER / "grafana" / "dashboards").glob("*.json")):
        for number, each in enumerate(expressions(json.loads(file.read_text())["annotations"])):
            yield pytest.param(substituted(each), id=f"{file.stem}: annotation {number}")
    for file in sorted((FOLDER / "grafana" / "provisioning" / "alerting").glob("*.y*ml")):
        for number, each in enumerate(expressions(yaml.safe_load(file.read_text()))):
            yield pytest.param(substituted(each), id=f"{file.stem}: {number}")


@dataclass
class Loaded:
    """The stack while its service is asked for this and that, now new, now known."""

    stack: object
    deadline: float

    def has_data(self, expression):
        """Return whether a query has data, now or soon; no number is none."""
        while not any(not math.isnan(value) for _, value in self.stack.query(expression)):
            if time.monotonic() > self.deadline:
                return False
            time.sleep(0.1)
        return True


@pytest.fixture(scope="module")
def loaded(stack, new_seeds):
    def paths():
        for seed in new_seeds:
            yield "/generate/parchment?width=16"
            yield "/generate/giraffe?width=16&seed=1"
            yield "/generate/giraffe?width=32&seed=1"
            yield f"/generate/sigil?width=16&seed={seed}"
            yield f"/generate/sigil?width=16&seed={seed}"
            yield f"/generate/enso?width=16&format=webp&seed={seed}"
            yield f"/generate/directed/enso?width=16&prompt=dawn-{seed}"
            yield "/generate/enso?chaos=none"
            yield "/nowhere"

    with stack.load(paths(), pause_seconds=0.005):
        yield Loaded(stack, time.monotonic() + PATIENCE_SECONDS)


def test_every_rule_is_evaluated_without_an_error(loaded, ask):
    _, _, body = ask(loaded.stack.prometheus.port, "/api/v1/rules")
    rules = [rule for group in json.loads(body)["data"]["groups"] for rule in group["rules"]]
    assert RECORDED.keys() <= {rule["name"] for rule in rules}
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_series_has_data(loaded, name):
    assert loaded.has_data(f"last_over_time({name}[1h])")


@pytest.mark.parametrize("expression", [*dashboard_queries()])
def test_a_query_of_a_panel_has_data(loaded, haste, expression):
    assert loaded.has_data(haste(expression))


@pytest.mark.parametrize("expression", [*other_queries()])
def test_a_query_of_an_annotation_or_alert_is_valid(loaded, haste, expression):
    loaded.stack.query(haste(expression))
