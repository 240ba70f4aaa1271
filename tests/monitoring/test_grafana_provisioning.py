"""Grafana finds everything it is told to provision, and its own alerts judge the hit ratio rightly.

The fields are those of https://grafana.com/docs/grafana/latest/administration/provisioning/ and of
its page on alerting resources.
"""

import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

import monitoring
from monitoring.dashboards import queries

FOLDER = Path(monitoring.__file__).parent
PROVISIONING = FOLDER / "grafana" / "provisioning"
FILES = sorted(PROVISIONING.rglob("*.yml"))
WEBHOOK_VARIABLE = "GRAFANA_ALERT_WEBHOOK_URL"

TEXT = {"type": "string", "minLength": 1}
DURATION = {"type": "string", "pattern": r"^(\d+(ms|[smhdwy]))+$"}
UID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"}
ORGANISATION = {"const": 1}


def exactly(required, optional=None):
    """Return a schema of an object that has these fields and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def file_of(name, item):
    items = {"type": "array", "items": item, "minItems": 1}
    return exactly({"apiVersion": {"const": 1}, name: items})


STATES = ["OK", "NoData", "Alerting", "KeepLast"]
QUERY = exactly(
    {"refId": TEXT, "datasourceUid": UID, "model": {"type": "object"}},
    {"relativeTimeRange": exactly({"from": {"type": "integer"}, "to": {"type": "integer"}})},
)
RULE = exactly(
    {
        "uid": UID,
        "title": TEXT,
        "condition": TEXT,
        "data": {"type": "array", "items": QUERY, "minItems": 1},
        "for": DURATION,
        "keepFiringFor": DURATION,
        "noDataState": {"enum": STATES},
        "execErrState": {"enum": ["OK", "Error", "Alerting", "KeepLast"]},
        "missing_series_evals_to_resolve": {"type": "integer", "minimum": 1},
        "dashboardUid": UID,
        "panelId": {"type": "integer"},
        "labels": exactly({"severity": {"enum": ["critical", "warning", "info"]}}),
        "annotations": {"type": "object", "additionalProperties": TEXT},
    }
)
SCHEMAS = {
    "datasources/prometheus.yml": file_of(
        "datasources",
        exactly(
            {
                "name": TEXT,
                "uid": UID,
                "type": {"enum": ["prometheus", "alertmanager"]},
                "access": {"const": "proxy"},
                "orgId": ORGANISATION,
                "url": {"type": "string", "pattern": r"^http://[a-z-]+:\d+$"},
                "editable": {"const": False},
                "jsonData": {"type": "object"},
            },
            {"isDefault": {"type": "boolean"}},
        ),
    ),
    "dashboards/nanobanana.yml": file_of(
        "providers",
        exactly(
            {
                "name": TEXT,
                "orgId": ORGANISATION,
                "folder": TEXT,
                "folderUid": UID,
                "type": {"const": "file"},
                "disableDeletion": {"type": "boolean"},
                "allowUiUpdates": {"const": False},
                "updateIntervalSeconds": {"type": "integer"},
                "options": exactly({"path": {"type": "string", "pattern": "^/"}}),
            }
        ),
    ),
    "alerting/contact_points.yml": file_of(
        "contactPoints",
        exactly(
            {
                "orgId": ORGANISATION,
                "name": TEXT,
                "receivers": {
                    "type": "array",
                    "minItems": 1,
                    "items": exactly(
                        {
                            "uid": UID,
                            "type": {"const": "webhook"},
                            "disableResolveMessage": {"const": False},
                            "settings": exactly({"url": TEXT, "httpMethod": {"const": "POST"}}),
                        }
                    ),
                },
            }
        ),
    ),
    "alerting/policies.yml": file_of(
        "policies",
        exactly(
            {
                "orgId": ORGANISATION,
                "receiver": TEXT,
                "group_by": {"type": "array", "items": TEXT},
                "group_wait": DURATION,
                "group_interval": DURATION,
                "repeat_interval": DURATION,
            }
        ),
    ),
    "alerting/rules.yml": file_of(
        "groups",
        exactly(
            {
                "orgId": ORGANISATION,
                "name": TEXT,
                "folder": TEXT,
                "interval": DURATION,
                "rules": {"type": "array", "items": RULE, "minItems": 1},
            }
        ),
    ),
}


def read(name):
    return yaml.safe_load((PROVISIONING / name).read_text())


RULES = [rule for group in read("alerting/rules.yml")["groups"] for rule in group["rules"]]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["uid"])


def expression(rule):
    return rule["data"][0]["model"]["expr"]


def test_every_file_has_the_fields_of_its_format():
    assert {path.relative_to(PROVISIONING).as_posix() for path in FILES} == set(SCHEMAS)
    for name, schema in SCHEMAS.items():
        jsonschema.validate(read(name), schema)


def test_one_prometheus_is_the_default_and_has_the_interval_of_the_scrapes():
    sources = {each["type"]: each for each in read("datasources/prometheus.yml")["datasources"]}
    prometheus = sources["prometheus"]
    config = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yml").read_text())
    assert prometheus["isDefault"] is True
    assert prometheus["uid"] == "prometheus"
    assert prometheus["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]
    assert prometheus["jsonData"]["alertmanagerUid"] == sources["alertmanager"]["uid"]
    targets = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert sources["alertmanager"]["url"] == f"http://{targets[0]}"


def test_what_a_file_refers_to_is_provisioned():
    points = {point["name"] for point in read("alerting/contact_points.yml")["contactPoints"]}
    folders = {each["folder"] for each in read("dashboards/nanobanana.yml")["providers"]}
    assert {each["receiver"] for each in read("alerting/policies.yml")["policies"]} <= points
    assert {each["folder"] for each in read("alerting/rules.yml")["groups"]} <= folders


def test_only_the_webhook_is_taken_from_the_environment():
    # Grafana replaces $NAME everywhere in these files, by nothing where the environment has none.
    for path in FILES:
        text = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
        assert set(re.findall(r"\$\{?(\w*)", text)) <= {WEBHOOK_VARIABLE}, path.name
    (point,) = read("alerting/contact_points.yml")["contactPoints"]
    assert point["receivers"][0]["settings"]["url"] == f"${{{WEBHOOK_VARIABLE}}}"


@every_rule
def test_the_condition_is_one_of_the_queries_and_each_asks_something_known(rule):
    known = {each["uid"] for each in read("datasources/prometheus.yml")["datasources"]}
    letters = [query["refId"] for query in rule["data"]]
    assert rule["condition"] == letters[-1]
    for query in rule["data"]:
        model = query["model"]
        assert model["refId"] == query["refId"]
        assert model["datasource"]["uid"] == query["datasourceUid"]
        assert query["datasourceUid"] in known | {"__expr__"}
    assert rule["data"][-1]["model"]["expression"] == letters[0]


@every_rule
def test_a_rule_leads_to_the_panel_that_shows_what_it_judges(rule):
    (dashboard,) = (each for each in queries.written() if each["uid"] == rule["dashboardUid"])
    (panel,) = (each for each in dashboard["panels"] if each["id"] == rule["panelId"])
    assert panel["title"].startswith("Hit ratio")
    assert panel["type"] != "row"
    assert ("asset_type" in expression(rule)) == ("by asset type" in panel["title"])
    assert rule["annotations"]["__dashboardUid__"] == rule["dashboardUid"]
    assert rule["annotations"]["__panelId__"] == str(rule["panelId"])


@every_rule
def test_a_rule_tells_the_figure_and_the_runbook(rule):
    annotations = rule["annotations"]
    assert "{{ humanizePercentage .Values.A.Value }}" in annotations["description"]
    assert annotations["runbook_url"] == "http://{{ .Labels.instance }}/runbooks/CacheHitRatioLow"
    kept = set(re.search(r"by \(([^)]*)\)", expression(rule))[1].split(", "))
    assert set(re.findall(r"\.Labels\.(\w+)", " ".join(annotations.values()))) <= kept


@every_rule
def test_a_rule_judges_as_prometheus_does(rule):
    text = (FOLDER / "prometheus" / "rules" / "hit_ratio.yml").read_text()
    (theirs,) = (
        each
        for group in yaml.safe_load(text)["groups"]
        for each in group["rules"]
        if each.get("alert") == "CacheHitRatioLow"
    )
    (condition,) = rule["data"][-1]["model"]["conditions"]
    assert theirs["expr"].endswith("< 0.5")
    assert condition["evaluator"] == {"type": "lt", "params": [0.5]}
    assert rule["for"] == theirs["for"]
    assert rule["keepFiringFor"] == theirs["keep_firing_for"]
    assert rule["labels"] == theirs["labels"]


# Hits and misses in each minute, and seconds since the process started when an hour has passed.
CASES = {
    "a low ratio is told": ("15", "45", 3600, ["0.25"]),
    "a good ratio is told": ("45", "15", 3600, ["0.75"]),
    "an idle night says nothing": ("0", "0", 3600, []),
    "a request now and then says nothing": ("1", "1", 3600, []),
    "a cache that warms up says nothing": ("15", "45", 800, []),
}


@every_rule
@pytest.mark.parametrize("case", CASES)
def test_a_rule_is_silent_without_traffic_and_during_warm_up(program, tmp_path, rule, case):
    hits, misses, age, expected = CASES[case]
    where = 'job="nanobanana", instance="a:8001"'
    kept = where + (', asset_type="enso"' if "asset_type" in expression(rule) else "")
    inputs = {
        f'nanobanana_cache_hits_total{{{where}, asset_type="enso", tier="memory"}}': f"0+{hits}x60",
        f'nanobanana_cache_misses_total{{{where}, asset_type="enso", reason="cold"}}': (
            f"0+{misses}x60"
        ),
        f"nanobanana_process_start_time_seconds{{{where}}}": f"{3600 - age}x60",
    }
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": each} for name, each in inputs.items()],
        "promql_expr_test": [
            {
                "expr": expression(rule),
                "eval_time": "1h",
                "exp_samples": [
                    {"labels": f"{{{kept}}}", "value": float(each)} for each in expected
                ],
            }
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"tests": [test]}))
    ran = subprocess.run(
        [program("promtool"), "test", "rules", file], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
