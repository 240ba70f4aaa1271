"""`docker compose up` would start what belongs together: as far as that shows without containers.

The file obeys the Compose specification, mounts what the mounted-into programs accept, and names
each host, port and variable as the configurations of all parts do.
"""

import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from service.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
SCHEMA = json.loads((ROOT / "tests" / "compose" / "compose-spec.json").read_text())

# What a program listens on where nobody says otherwise.
USUAL_PORTS = {"redis": 6379, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000}
PORTS = USUAL_PORTS | {
    name: int(SERVICES[name]["environment"]["PORT"]) for name in ("nanobanana", "alert-receiver")
}


def mounts(name):
    """Return source and target of each mount of a service."""
    return [each.split(":")[:2] for each in SERVICES[name].get("volumes", ())]


def on_host(name, path):
    """Return the file of this checkout that the service `name` sees at `path`."""
    for source, target in mounts(name):
        if source.startswith("./") and Path(path).is_relative_to(target):
            return ROOT / source / Path(path).relative_to(target)
    raise AssertionError(f"{name} sees no {path}")


def option(name, option_name):
    """Return the value of a command line option of a service."""
    (value,) = (
        each.removeprefix(f"--{option_name}=")
        for each in SERVICES[name]["command"]
        if each.startswith(f"--{option_name}=")
    )
    return value


def run(*command):
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_it_obeys_the_compose_specification():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []


def test_the_schema_refuses_what_the_specification_does():
    validator = jsonschema.Draft202012Validator(SCHEMA)
    broken = COMPOSE | {"services": SERVICES | {"redis": {"image": 8, "port": []}}}
    assert len(list(validator.iter_errors(broken))) == 2


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_or_built_here(name):
    image, _, tag = SERVICES[name]["image"].partition(":")
    if SERVICES[name].get("build") == ".":
        assert (image, tag) == ("nanobanana", "local")
    else:
        assert re.match(r"v?\d+\.\d+\.\d+", tag)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check(name):
    if "build" in SERVICES[name]:
        assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    else:
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert f":{PORTS[name]}" in str(SERVICES[name]["healthcheck"]["test"]) or name == "redis"


def test_only_the_service_and_grafana_are_published_and_only_to_this_machine():
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}
    assert published == {
        name: [f"127.0.0.1:{PORTS[name]}:{PORTS[name]}"] for name in ("nanobanana", "grafana")
    }


def test_every_mounted_folder_is_there_and_every_volume_declared():
    sources = [source for name in SERVICES for source, _ in mounts(name)]
    folders = {source for source in sources if source.startswith("./")}
    assert [source for source in folders if not (ROOT / source).is_dir()] == []
    assert set(sources) - folders == COMPOSE["volumes"].keys()
    assert len(sources) == len(set(sources))


def test_the_secrets_come_from_the_env_file_and_are_asked_for():
    required = set(re.findall(r"\$\{(\w+):\?", TEXT))
    assert required == {"ADMIN_TOKEN", "GRAFANA_PASSWORD"}
    explained = (ROOT / ".env.example").read_text()
    assert [name for name in re.findall(r"\$\{(\w+)", TEXT) if f"{name}=" not in explained] == []


def test_the_service_accepts_its_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = SERVICES["nanobanana"]["environment"]
    assert given.keys() - {name.upper() for name in Settings.model_fields} == {"GRAFANA_PASSWORD"}
    for name, value in given.items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:\?.*\}", "sesame", value))
    settings = load_settings()
    assert (settings.host, settings.port, settings.metrics_port) == ("0.0.0.0", 8001, None)
    assert settings.cache_tiers == ("memory", "disk", "redis")
    assert settings.admin_token.get_secret_value() == "sesame"


def test_what_the_service_keeps_is_on_its_volume():
    (volume,) = (target for source, target in mounts("nanobanana") if source == "service")
    assert f"--home-dir {volume} " in (ROOT / "Dockerfile").read_text()
    path = SERVICES["nanobanana"]["environment"]["CACHE_DISK_PATH"]
    assert Path(path).is_relative_to(volume)


def test_prometheus_accepts_its_configuration(program):
    file = on_host("prometheus", option("prometheus", "config.file"))
    run(program("promtool"), "check", "config", file)
    assert option("prometheus", "storage.tsdb.path") in dict(map(reversed, mounts("prometheus")))
    assert option("prometheus", "enable-feature") == "exemplar-storage"


def test_alertmanager_accepts_its_configuration(program):
    file = on_host("alertmanager", option("alertmanager", "config.file"))
    run(program("amtool"), "check-config", file)
    assert option("alertmanager", "storage.path") in dict(map(reversed, mounts("alertmanager")))


def grafana_documents():
    """Return all provisioning files of Grafana, parsed, by their path inside the container."""
    folder = on_host("grafana", "/etc/grafana/provisioning")
    files = sorted(folder.rglob("*.y*ml"))
    return {file.relative_to(folder).as_posix(): yaml.safe_load(file.read_text()) for file in files}


def test_grafana_finds_what_it_is_provisioned_with():
    documents = grafana_documents()
    kinds = {path.split("/")[0] for path in documents}
    assert {"datasources", "dashboards", "alerting"} <= kinds
    assert all(document["apiVersion"] == 1 for document in documents.values())
    for document in documents.values():
        for provider in document.get("providers", ()):
            dashboards = on_host("grafana", provider["options"]["path"]).glob("*.json")
            assert {json.loads(each.read_text())["uid"] for each in dashboards}
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert on_host("grafana", home).is_file()


def test_grafana_has_the_variables_that_its_provisioning_names():
    folder = on_host("grafana", "/etc/grafana/provisioning")
    text = "".join(
        line
        for file in folder.rglob("*.y*ml")
        for line in file.read_text().splitlines(keepends=True)
        if not line.lstrip().startswith("#")
    )
    asked = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", text))
    assert asked <= SERVICES["grafana"]["environment"].keys()


def targets():
    """Return each `host:port` that a configuration speaks to."""
    prometheus = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())
    scraped = [
        target
        for job in prometheus["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    ]
    alerted = [
        target
        for each in prometheus["alerting"]["alertmanagers"]
        for group in each["static_configs"]
        for target in group["targets"]
    ]
    assert scraped
    assert alerted
    written = [
        TEXT,
        (ROOT / "monitoring/alertmanager/alertmanager.yml").read_text(),
        json.dumps(grafana_documents()),
    ]
    linked = [each for text in written for each in re.findall(r"\w+://([\w.-]+:\d+)", text)]
    local = ("localhost:", "127.0.0.1:")
    return sorted({each for each in scraped + alerted + linked if not each.startswith(local)})


@pytest.mark.parametrize("target", targets())
def test_a_host_that_is_spoken_to_is_a_service_that_listens_there(target):
    host, port = target.split(":")
    assert PORTS[host] == int(port)


def test_every_part_is_spoken_to():
    assert {target.split(":")[0] for target in targets()} == SERVICES.keys() - {"grafana"}


def test_links_of_alerts_lead_to_what_is_published():
    prometheus = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())
    (job,) = prometheus["scrape_configs"]
    (group,) = job["static_configs"]
    assert group["labels"]["instance"] == f"localhost:{PORTS['nanobanana']}"
    rules = "".join(
        file.read_text() for file in (ROOT / "monitoring/prometheus/rules").glob("*.yml")
    )
    assert set(re.findall(r"dashboard_url: (http://[^/]+)/", rules)) == {
        f"http://localhost:{PORTS['grafana']}"
    }
