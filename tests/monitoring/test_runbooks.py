"""Every alert has a runbook that says what to do, with settings and queries that exist."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

import monitoring

FOLDER = Path(monitoring.__file__).parent
ENV_EXAMPLE = Path(__file__).parents[2] / ".env.example"
SECTIONS = [
    "What it means",
    "How it hurts",
    "How to see it",
    "What to change",
    "How to know it worked",
]
RULES = [
    rule
    for file in (FOLDER / "prometheus" / "rules").glob("*.yml")
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
RUNBOOKS = sorted((FOLDER / "runbooks").glob("*.md"))
QUERIES = [
    query
    for runbook in RUNBOOKS
    for query in re.findall(r"```promql\n(.*?)\n```", runbook.read_text(), re.DOTALL)
]

each_runbook = pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda runbook: runbook.stem)


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    assert {runbook.stem for runbook in RUNBOOKS} == {
        rule["alert"] for rule in RULES if "alert" in rule
    }


@each_runbook
def test_a_runbook_answers_the_five_questions(runbook):
    title, *parts = re.split(r"^#+ (.*)\n", runbook.read_text(), flags=re.MULTILINE)[1:]
    assert title == runbook.stem
    assert parts[1::2] == SECTIONS
    assert all(part.strip() for part in parts[2::2])


@each_runbook
def test_a_runbook_links_only_to_runbooks_that_exist(runbook):
    links = re.findall(r"\]\((.*?)\)", runbook.read_text())
    assert set(links) <= {each.stem for each in RUNBOOKS} - {runbook.stem}


@each_runbook
def test_a_runbook_names_only_settings_that_exist(runbook):
    documented = set(re.findall(r"^#? ?([A-Z_]+)=", ENV_EXAMPLE.read_text(), re.MULTILINE))
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?==|`)", runbook.read_text()))
    assert named <= documented


def test_every_query_of_a_runbook_is_promql(program, tmp_path):
    rules = [{"record": f"query{number}", "expr": query} for number, query in enumerate(QUERIES)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    finished = subprocess.run(
        [program("promtool"), "check", "rules", file], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_a_recorded_series_that_a_runbook_asks_for_is_recorded():
    asked = {name for query in QUERIES for name in re.findall(r"\w+:\w+:\w+", query)}
    assert asked
    assert asked <= {rule["record"] for rule in RULES if "record" in rule}
