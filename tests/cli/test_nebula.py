"""The example plug-in, installed as its README says, has all that a built-in type has."""

import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

EXAMPLE = Path(__file__).parents[2] / "examples" / "nebula"
PARAMETERS = {"density", "twist", "stars", "color"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that pip installed the example into."""
    home = tmp_path_factory.mktemp("nebula")
    source = shutil.copytree(EXAMPLE, home / "source")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", *offline)
    subprocess.run([*pip, "--target", home / "target", source], check=True, timeout=60)
    return home / "target"


@pytest.fixture
def nebulous(serving, installed):
    """A function that starts a service with the example installed, and waits until it is ready."""

    def start(**settings):
        settings = {"CACHE_WARM": "", "GENERATOR_WORKERS": 1, **settings}
        service = serving(PYTHONPATH=installed, **settings)
        service.ready()
        return service

    return start


def series(exposition, asset_type):
    """The value of every series of a type, by its name and its other labels."""
    return {
        (sample.name, *sorted(set(sample.labels.items()) - {("asset_type", asset_type)})): (
            sample.value
        )
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
        if sample.labels.get("asset_type") == asset_type
    }


def test_it_is_in_the_catalogue_with_its_schema(nebulous):
    service = nebulous()
    catalogue = {each["name"]: each for each in service.ask("/generators").json()}
    nebula = catalogue["nebula"]
    assert (nebula["path"], nebula["mode"], nebula["width"]) == ("/generate/nebula", "RGBA", 640)
    properties = nebula["parameters"]["properties"]
    assert set(properties) == PARAMETERS
    assert all(each["description"] and "default" in each for each in properties.values())
    operation = service.ask("/openapi.json").json()["paths"]["/generate/nebula"]["get"]
    query = {each["name"]: each["schema"] for each in operation["parameters"]}
    assert set(query) >= PARAMETERS | {"seed", "format", "width", "v"}
    assert (query["stars"]["minimum"], query["stars"]["maximum"]) == (0, 1000)


def test_its_cache_has_settings_and_statistics_of_its_own(nebulous):
    service = nebulous(CACHE_SIZE_NEBULA=7, CACHE_TTL_NEBULA=90)
    asked = [service.ask("/generate/nebula?seed=1").headers["Cache-Status"] for _ in range(2)]
    assert asked[0] == "NanoBanana; fwd=miss; detail=cold; stored"
    assert asked[1].startswith("NanoBanana; hit; ttl=")
    nebula = service.ask("/cache/stats").json()["cache_stats"]["caches"]["nebula"]
    assert (nebula["max_size"], nebula["default_ttl"]) == (7, 90)
    assert (nebula["hits"], nebula["misses"], nebula["size"]) == (1, 1, 1)


def test_every_series_of_a_type_exists_at_0_from_the_start(nebulous):
    service = nebulous(CACHE_SIZE_NEBULA=7, CACHE_TTL_NEBULA=90)
    exposition = service.ask("/metrics").body.decode()
    nebula = series(exposition, "nebula")
    assert set(nebula) == set(series(exposition, "sigil"))
    for name, value in (("capacity_entries", 7), ("ttl_seconds", 90)):
        assert nebula.pop((f"nanobanana_cache_{name}",)) == value
        assert nebula.pop((f"nanobanana_cache_recommended_{name}",)) == value
    assert ("nanobanana_cache_misses_total", ("reason", "cold")) in nebula
    assert set(nebula.values()) == {0}


def test_every_parameter_is_checked_and_seen(nebulous):
    service = nebulous()
    queries = ("", "&density=1", "&twist=0", "&stars=0", "&color=%23a5161c")
    replies = [service.ask(f"/generate/nebula?seed=7{query}") for query in queries]
    assert [reply.status for reply in replies] == [200] * len(queries)
    assert len({reply.body for reply in replies}) == len(queries)
    image = Image.open(BytesIO(replies[0].body))
    assert image.size == (640, 640)
    refused = service.ask("/generate/nebula?stars=1001&fog=1")
    assert refused.status == 400
    assert {error["name"] for error in refused.json()["errors"]} == {"stars", "fog"}


def test_a_command_draws_the_same_bytes_as_the_service(nebulous, command, installed, home):
    served = nebulous().ask("/generate/nebula?seed=3&stars=40&width=320")
    asked = ("--seed", 3, "-p", "stars=40", "--width", 320, "-o", "nebula.png")
    end = command("render", "nebula", *asked, PYTHONPATH=installed)
    assert (end.returncode, end.stderr) == (0, "")
    assert (home / "nebula.png").read_bytes() == served.body


def test_it_is_in_the_gallery(command, installed, home):
    asked = ("--types", "nebula", "--seeds", 2, "--tile", 64, "-o", "sheet.png")
    end = command("gallery", *asked, PYTHONPATH=installed)
    assert (end.returncode, end.stderr) == (0, "")
    with Image.open(home / "sheet.png") as sheet:
        assert sheet.height > 3 * 64
