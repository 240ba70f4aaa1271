"""Every alert of the contract is there, is told whole, and is proved to fire and to stay silent."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

import monitoring

PROMETHEUS = Path(monitoring.__file__).parent / "prometheus"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.yml"))

ALERTS = {
    "AvailabilityBudgetBurn",
    "CacheClearedUnexpectedly",
    "CacheHighVariation",
    "CacheHitRatioDropped",
    "CacheHitRatioLow",
    "CacheMemoryNearLimit",
    "CacheNotCaching",
    "CacheTTLTooShort",
    "CacheThrashing",
    "CacheTierCorruption",
    "CacheTierDown",
    "CacheTierErrors",
    "CacheTooSmall",
    "DirectorFailing",
    "EventLoopLag",
    "GenerationErrors",
    "GenerationSaturated",
    "GenerationSlow",
    "HitLatencyBudgetBurn",
    "MissLatencyBudgetBurn",
    "NanoBananaDown",
    "RequestsRejected",
    "Watchdog",
}

RULES = [
    rule
    for file in RULE_FILES
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
ALERTING = [rule for rule in RULES if "alert" in rule]
RECORDED = [rule["record"] for rule in RULES if "record" in rule]
TESTED = [
    case
    for file in TEST_FILES
    for test in yaml.safe_load(file.read_text())["tests"]
    for case in test.get("alert_rule_test", ())
]


def name_and_severity(rule):
    return f"{rule['alert']}-{rule['labels']['severity']}"


each_alert = pytest.mark.parametrize("rule", ALERTING, ids=name_and_severity)


def run(*command):
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_promtool_accepts_the_configuration_and_every_rule(program):
    run(
        program("promtool"),
        *("check", "config", "--lint=all", "--lint-fatal"),
        PROMETHEUS / "prometheus.yml",
    )


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.stem)
def test_the_rules_do_what_their_tests_say(program, file):
    run(program("promtool"), "test", "rules", file)


def test_every_rule_file_has_a_test_file():
    assert [file.name for file in TEST_FILES] == [file.name for file in RULE_FILES]


def test_the_alerts_are_those_of_the_contract():
    assert {rule["alert"] for rule in ALERTING} == ALERTS


@each_alert
def test_an_alert_is_told_whole(rule):
    notes = rule["annotations"]
    assert set(rule["labels"]) == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    assert set(notes) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert "$value" in notes["description"]
    assert notes["runbook_url"].startswith("http://")
    assert notes["runbook_url"].endswith(f"/runbooks/{rule['alert']}")
    assert re.match(r"http://localhost:3000/d/nanobanana-[a-z-]+(\?|$)", notes["dashboard_url"])


@each_alert
def test_an_alert_is_shown_firing(rule):
    fired = [
        alert["exp_labels"]["severity"]
        for case in TESTED
        if case["alertname"] == rule["alert"]
        for alert in case.get("exp_alerts", ())
    ]
    assert rule["labels"]["severity"] in fired


@pytest.mark.parametrize("name", sorted(ALERTS - {"Watchdog"}))  # which is never silent
def test_an_alert_is_shown_staying_silent(name):
    assert any(case["alertname"] == name and not case.get("exp_alerts") for case in TESTED)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_series_is_named_level_metric_operations(name):
    level = r"(job|instance)(_asset_type|_tier|_reason|_stage|_director)*"
    assert re.fullmatch(rf"{level}:nanobanana_[a-z_]+:[a-z0-9_]+", name)


def test_a_recorded_series_that_a_rule_asks_for_is_recorded():
    asked = {name for rule in RULES for name in re.findall(r"\w+:\w+:\w+", rule["expr"])}
    assert asked <= set(RECORDED)


def test_the_windows_of_a_burn_rate_differ_in_nothing_else():
    # Seven windows of three objectives: what one of them misspelled would never be noticed.
    shapes = {}
    for rule in RULES:
        name, _, window = rule.get("record", "").partition(":burn_rate")
        if window:
            enough = ">= 100" if window in {"1h", "6h", "1d", "3d"} else "> 0"
            shape = rule["expr"].replace(f"[{window}]", "[W]").replace(f"{enough})", "ENOUGH)")
            shapes.setdefault(name, set()).add(shape)
    assert len(shapes) == 3
    assert {len(each) for each in shapes.values()} == {1}
    assert all("[W]" in shape and "ENOUGH" in shape for each in shapes.values() for shape in each)


def test_the_alerts_on_burn_rates_differ_in_nothing_but_the_objective():
    shapes = {
        (rule["labels"]["severity"], rule["for"], re.sub(r":\w+:", ":", rule["expr"]))
        for rule in ALERTING
        if "burn_rate" in rule["expr"]
    }
    assert sorted(severity for severity, _, _ in shapes) == ["critical", "warning"]


def test_an_alert_on_the_hit_ratio_lasts_as_long_as_a_pause_may():
    judged = {name for name in ALERTS if re.match(r"CacheHit|CacheToo|CacheTTL|CacheHigh", name)}
    lasting = {rule["alert"] for rule in ALERTING if rule.get("keep_firing_for") == "10m"}
    assert lasting == judged | {"CacheNotCaching", "CacheThrashing"}
    assert {rule["for"] for rule in ALERTING if rule["alert"] in lasting} == {"10m"}
