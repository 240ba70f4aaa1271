"""The dashboards are up to date, and keep the rules of grafana/dashboard-linter and our own.

Whoever runs their queries against a real Prometheus gets them, with the variables filled in, from
`monitoring.dashboards.queries.queries()`.
"""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

import monitoring
from monitoring.dashboards import levels, queries
from monitoring.dashboards.__main__ import rendered

FOLDER = Path(monitoring.__file__).parent
DASHBOARDS = queries.written()
PANELS = [
    pytest.param(panel, id=f"{dashboard['uid']}: {panel['title']}")
    for dashboard in DASHBOARDS
    for panel in queries.panels(dashboard)
]
ALERTS = {
    rule["alert"]: rule
    for file in sorted((FOLDER / "prometheus" / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
UNITS = {"percentunit", "s", "bytes", "Bps", "short", "ops", "opm", "reqps"}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
RUNBOOK = re.compile(r"http://\$\{service\}/runbooks/(\w+)")

every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each["uid"])
every_panel = pytest.mark.parametrize("panel", PANELS)


def expressions(panel):
    return [target["expr"] for target in panel["targets"]]


def runbooks(panel):
    return [RUNBOOK.fullmatch(link["url"])[1] for link in panel.get("links", ())]


def variables(dashboard):
    return {each["name"]: each for each in dashboard["templating"]["list"]}


def check():
    return subprocess.run(
        [sys.executable, "-m", "monitoring.dashboards", "--check"],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_files_are_what_the_code_writes():
    written = {path.name: path.read_text() for path in queries.FOLDER.iterdir()}
    assert written == rendered()
    assert check().returncode == 0


def test_the_check_fails_when_a_file_differs(monkeypatch, tmp_path, capsys):
    from monitoring.dashboards import __main__ as program

    monkeypatch.setattr(program, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["dashboards"])
    assert program.main() == 0
    monkeypatch.setattr(sys, "argv", ["dashboards", "--check"])
    assert program.main() == 0
    changed = tmp_path / "nanobanana-overview.json"
    changed.write_text(changed.read_text().replace("Hit ratio", "Miss ratio"))
    assert program.main() == 1
    assert "python -m monitoring.dashboards" in capsys.readouterr().err


def test_the_three_dashboards_have_the_uids_that_alerts_link_to():
    assert {each["uid"] for each in DASHBOARDS} == {
        "nanobanana-overview",
        "nanobanana-asset-type",
        "nanobanana-capacity",
    }


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_links_to_a_dashboard_and_to_variables_that_are_there(alert):
    url = urlsplit(ALERTS[alert]["annotations"]["dashboard_url"])
    (dashboard,) = (each for each in DASHBOARDS if each["uid"] == url.path.rpartition("/")[2])
    asked = {name.removeprefix("var-") for name in parse_qs(url.query)}
    assert asked <= set(variables(dashboard))


@every_dashboard
def test_a_dashboard_is_described_tagged_and_not_edited_by_hand(dashboard):
    assert dashboard["description"].endswith(".")
    assert dashboard["tags"] == ["nanobanana"]
    assert dashboard["editable"] is False
    assert dashboard["refresh"] == "30s"


@every_dashboard
def test_the_datasource_is_a_variable(dashboard):
    datasource = variables(dashboard)["datasource"]
    assert (datasource["type"], datasource["query"]) == ("datasource", "prometheus")
    assert datasource["label"] == "Data source"


@every_dashboard
@pytest.mark.parametrize(
    ("name", "label"), [("job", "Job"), ("instance", "Instance"), ("asset_type", "Asset type")]
)
def test_several_or_all_can_be_chosen(dashboard, name, label):
    variable = variables(dashboard)[name]
    assert variable["type"] == "query"
    assert variable["label"] == label
    assert variable["datasource"] == DATASOURCE
    assert variable["multi"] is True
    assert variable["includeAll"] is True
    assert variable["allValue"] == ".+"
    assert variable["current"]["value"] == ["$__all"]


@every_dashboard
def test_a_variable_asks_anew_whenever_the_time_range_changes(dashboard):
    asked = [each for each in variables(dashboard).values() if each["type"] == "query"]
    assert [each["refresh"] for each in asked] == [2] * 4
    for each in asked:
        assert re.fullmatch(
            r"label_values\(nanobanana_\w+(\{.+\})?, \w+\)", each["query"]["query"]
        ), each["name"]


@every_dashboard
def test_clears_and_restarts_are_marked(dashboard):
    marks = {each["name"]: each for each in dashboard["annotations"]["list"]}
    assert set(marks) == {"Clears", "Restarts"}
    for each in marks.values():
        assert each["datasource"] == DATASOURCE
        assert each["enable"] is True
    assert "nanobanana_cache_clears_total" in marks["Clears"]["expr"]
    assert marks["Restarts"]["useValueForTime"] is True


@every_dashboard
def test_ids_and_titles_are_unique(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    titles = [panel["title"] for panel in dashboard["panels"] if panel["type"] != "row"]
    assert ids == list(range(1, len(ids) + 1))
    assert len(set(titles)) == len(titles)


@every_dashboard
def test_panels_fill_every_line_and_never_overlap(dashboard):
    taken = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        for y in range(place["y"], place["y"] + place["h"]):
            for x in range(place["x"], place["x"] + place["w"]):
                assert (x, y) not in taken, panel["title"]
                taken[x, y] = panel["title"]
    height = 1 + max(y for _, y in taken)
    assert len(taken) == 24 * height


def test_the_hit_ratio_comes_first_and_is_the_largest_number():
    (overview,) = (each for each in DASHBOARDS if each["uid"] == "nanobanana-overview")
    numbers = [panel for panel in queries.panels(overview) if panel["type"] == "stat"]
    assert queries.panels(overview)[0] is numbers[0]
    assert numbers[0]["title"] == "Hit ratio"
    areas = [panel["gridPos"]["w"] * panel["gridPos"]["h"] for panel in numbers]
    assert areas[0] > max(areas[1:])


@every_panel
def test_a_panel_says_what_it_shows(panel):
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["datasource"] == DATASOURCE


@every_panel
def test_a_panel_asks_the_chosen_datasource_and_names_its_queries(panel):
    letters = [target["refId"] for target in panel["targets"]]
    assert letters == sorted(set(letters))
    for target in panel["targets"]:
        assert target["datasource"] == DATASOURCE
        assert target["legendFormat"]


@every_panel
def test_every_selector_asks_for_the_chosen_job_and_instance(panel):
    for expr in expressions(panel):
        selectors = re.findall(r"nanobanana_\w+(\{[^}]*\})?", expr)
        assert selectors
        for matchers in selectors:
            assert 'job=~"$job"' in matchers, expr
            assert 'instance=~"$instance"' in matchers, expr


@every_panel
def test_counters_are_rates_over_the_rate_interval(panel):
    for expr in expressions(panel):
        counting = re.findall(r"nanobanana_\w+_(?:total|sum|count|bucket)\{", expr)
        taken = re.findall(r"\b(rate|increase)\(nanobanana_\w+\{[^}]*\}\[(\$\w+)\]\)", expr)
        assert len(taken) == len(counting) == expr.count("["), expr
        for function, interval in taken:
            assert interval == "$__rate_interval" or (function, interval) == (
                "increase",
                "$__range",
            )


@every_panel
def test_a_quantile_is_taken_of_buckets_that_keep_their_bounds(panel):
    for expr in expressions(panel):
        for labels, name in re.findall(
            r"histogram_quantile\([\d.]+, sum by \(([^)]*)\) \(rate\((\w+)", expr
        ):
            assert labels.split(", ")[-1] == "le"
            assert name.endswith("_bucket")
        assert expr.count("histogram_quantile") == expr.count(", le)")


@every_panel
def test_what_has_a_target_is_coloured_from_bad_to_good_or_back(panel):
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[0].get("value") is None
    values = [step["value"] for step in steps[1:]]
    assert all(low < high for low, high in pairwise(values))
    if panel.get("links") and panel["type"] == "stat" and len(steps) > 1:
        assert {"red", "green"} <= {step["color"] for step in steps}


@every_panel
def test_a_runbook_that_is_linked_is_there(panel):
    for alert in runbooks(panel):
        assert alert in ALERTS
        assert (FOLDER / "runbooks" / f"{alert}.md").is_file()


def test_every_alert_is_linked_from_the_panel_that_shows_it():
    linked = {alert for param in PANELS for alert in runbooks(param.values[0])}
    # The watchdog tells of Prometheus and Alertmanager, of which no panel can.
    assert linked == set(ALERTS) - {"Watchdog"}


@pytest.mark.parametrize(
    ("alert", "condition", "shown"),
    [
        ("CacheHitRatioLow", "< 0.5", levels.HIT_RATIO[1]),
        ("CacheMemoryNearLimit", "> 0.9", levels.MEMORY[-1]),
        ("GenerationSlow", "> 0.5", levels.RENDER_SECONDS[-1]),
        ("GenerationErrors", "> 0.05", levels.FAILURES[-1]),
        ("DirectorFailing", "> 0.1", levels.DIRECTOR_FAILURES[-1]),
        ("CacheTierErrors", "> 0.05", levels.TIER_FAILURES[-1]),
        ("EventLoopLag", "> 0.05", levels.LAG_SECONDS[-1]),
    ],
)
def test_a_critical_level_is_where_the_alert_fires(alert, condition, shown):
    assert re.search(rf"{condition}(?!\d)", ALERTS[alert]["expr"])
    assert float(condition.split()[1]) == shown.value


@pytest.mark.parametrize(
    ("objective", "share", "shown"),
    [
        ("availability", "0.999", levels.AVAILABILITY),
        ("hit_latency", "0.99", levels.HITS_IN_TIME),
        ("miss_latency", "0.95", levels.MISSES_IN_TIME),
    ],
)
def test_an_objective_is_where_its_budget_burns(objective, share, shown):
    rules = (FOLDER / "prometheus" / "rules" / "budgets.yml").read_text()
    recorded = rules.split(f"job:nanobanana_{objective}:burn_rate5m")[1].split("- record")[0]
    assert f"/ (1 - {share})" in recorded
    assert shown[1].value == float(share)
