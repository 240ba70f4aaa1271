"""The service describes itself truly: what is listed is there, what is there is listed."""

import json
import re

import jsonschema
import openapi_spec_validator
import pytest

from generators import Format

SIX = ["parchment", "enso", "sigil", "giraffe", "kangaroo", "directed_enso"]


async def test_generators_lists_every_type_with_all_there_is_to_know(real):
    reply = await real.get("/generators")
    assert reply.headers["Content-Type"].startswith("application/json")
    listed = {each["name"]: each for each in reply.json()}
    assert list(listed) == SIX
    sizes = {name: (each["width"], each["height"], each["mode"]) for name, each in listed.items()}
    assert sizes == {
        "parchment": (1024, 1024, "RGB"),
        "enso": (800, 800, "RGBA"),
        "sigil": (500, 500, "RGBA"),
        "giraffe": (600, 800, "RGBA"),
        "kangaroo": (600, 800, "RGBA"),
        "directed_enso": (800, 800, "RGBA"),
    }
    for name, each in listed.items():
        assert each["version"]
        assert each["parameters"]["type"] == "object"
        assert each["cache"] == {
            "max_size": {"parchment": 50, "directed_enso": 200}.get(name, 100),
            "default_ttl": 1800 if name == "directed_enso" else 3600,
        }
    enso = listed["enso"]["parameters"]["properties"]
    assert (enso["complexity"]["minimum"], enso["complexity"]["maximum"]) == (20, 100)
    assert (enso["complexity"]["default"], enso["chaos"]["default"]) == (40, 1.0)
    assert (enso["chaos"]["minimum"], enso["chaos"]["maximum"]) == (0.1, 2.0)
    assert "color" in enso


async def test_what_generators_lists_is_served_as_listed(running):
    for each in (await running.get("/generators")).json():
        required = each["parameters"].get("required", [])
        query = "".join(f"&{name}=a" for name in required)
        reply = await running.image(f"{each['path']}?v={each['version']}{query}")
        assert reply.headers["Content-Type"] == "image/png"


async def test_models_lists_the_local_director_without_a_provider(running):
    reply = await running.get("/models")
    assert reply.json() == {"data": [{"id": "local"}]}
    assert reply.headers["Cache-Control"] == "no-store"


async def test_the_index_leads_to_pages_that_are_there(running):
    index = (await running.get("/")).json()
    paths = [index[name] for name in ("generators", "models", "metrics", "health", "ready")]
    paths += [index["openapi"], *index["cache"].values(), index["images"]["dot"]]
    for path in paths:
        assert (await running.get(path)).status == 200, path


# OpenAPI


@pytest.fixture
async def document(running):
    reply = await running.get("/openapi.json")
    assert reply.headers["Content-Type"].startswith("application/json")
    return reply.json()


async def test_the_openapi_document_is_valid(real):
    document = (await real.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


async def test_every_route_is_documented_and_every_documented_route_is_there(running, document):
    served = set()
    for resource in running.service.app.router.resources():
        path = resource.canonical
        if path == "/generate/{asset_type}":  # the 404 of all other types
            continue
        methods = {route.method for route in resource}
        served |= {(path, method) for method in methods if method != "HEAD"}
    documented = {
        (path, method.upper())
        for path, item in document["paths"].items()
        for method in item
        if method != "head"
    }
    assert documented == served


def accepted_values(schema):
    """Return values that a schema says are good, its bounds above all."""
    if "enum" in schema:
        return schema["enum"]
    if schema["type"] == "boolean":
        return ["true", "false"]
    if schema["type"] in ("integer", "number"):
        return [schema["minimum"], schema["maximum"], schema.get("default", schema["minimum"])]
    if "pattern" in schema:
        candidates = ["#a0B1c2", "local", "1", "2.b", "/generate/dot"]
        return [each for each in candidates if re.search(schema["pattern"], each)][:1]
    return ["a" * schema["minLength"], "a" * schema["maxLength"]]


async def test_every_documented_parameter_is_accepted(running, document):
    tried = 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parameters = [each for each in operation.get("parameters", []) if each["in"] == "query"]
            required = [f"{each['name']}=a" for each in parameters if each["required"]]
            for each in parameters:
                if each["name"] in ("v", "asset_type"):
                    continue
                for value in accepted_values(each["schema"]):
                    others = [pair for pair in required if not pair.startswith(each["name"])]
                    query = "&".join([*others, f"{each['name']}={value}".replace("#", "%23")])
                    reply = await running.ask(method.upper(), f"{path}?{query}")
                    assert reply.status == 200, (method, path, query, reply.body)
                    assert "200" in operation["responses"]
                    tried += 1
    assert tried > 40


async def test_what_is_not_documented_is_refused(running, document):
    bounds = 0
    for path, item in document["paths"].items():
        for each in item["get"].get("parameters", []):
            if each["in"] != "query":
                continue
            schema = each["schema"]
            for name, step in (("minimum", -1), ("maximum", 1)):
                if name in schema:
                    reply = await running.get(f"{path}?{each['name']}={schema[name] + step}")
                    assert reply.status == 400
                    assert each["name"] in [error["name"] for error in reply.json()["errors"]]
                    bounds += 1
    assert bounds > 10


async def test_documented_formats_are_those_the_type_can_have(running, document):
    for path, item in document["paths"].items():
        formats = [p for p in item["get"].get("parameters", []) if p["name"] == "format"]
        for parameter in formats:
            good = set(parameter["schema"]["enum"])
            for each in Format:
                status = (await running.get(f"{path}?format={each.value}&prompt=a")).status
                reasons = (await running.get(f"{path}?format={each.value}&x=1")).json()["errors"]
                refused = "format" in [error["name"] for error in reasons]
                assert refused == (each.value not in good)
                assert status in (200, 400)


async def test_every_answer_has_a_documented_status(running, document):
    requests = [
        ("GET", "/generate/dot", "", 200),
        ("GET", "/generate/dot", "?x=1", 400),
        ("GET", "/generate/dot", "?v=9", 404),
        ("GET", "/generate/dot", "?" + "x" * 9000, 414),
        ("GET", "/cache/clear", "?asset_type=x", 400),
        ("POST", "/cache/clear", "", 200),
        ("GET", "/cache/stats", "?x=1", 400),
        ("GET", "/cache/explain", "?path=/generate/dot", 200),
        ("GET", "/cache/explain", "?path=/generate/dot%3Fv=9", 404),
        ("GET", "/models", "?x=1", 400),
    ]
    for method, path, query, status in requests:
        reply = await running.ask(method, path + query)
        assert reply.status == status
        responses = document["paths"][path][method.lower()]["responses"]
        assert str(status) in responses
        if status >= 400:
            content = document["components"]["responses"]["Problem"]["content"]
            assert reply.headers["Content-Type"] in content


async def test_the_statistics_are_as_documented(running, document):
    schema = {
        "$ref": "#/components/schemas/CacheStats",
        "components": document["components"],
    }
    jsonschema.validate((await running.get("/cache/stats")).json(), schema)
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    jsonschema.validate((await running.get("/generate/dot?x=1")).json(), problem)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"status": "success"}, schema)


async def test_the_document_names_no_value_of_the_settings(start):
    kept_back = "s3cret"
    running = await start(ready=False, admin_token=kept_back, openai_api_key=kept_back)
    assert kept_back not in json.dumps((await running.get("/openapi.json")).json())
