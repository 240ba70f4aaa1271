"""The reference says of every endpoint what the OpenAPI document says, and its examples work."""

import re
import shlex
from html import unescape

import pytest

from service.pages import reference_page

PHONE = (390, 844)


@pytest.fixture
async def html(real):
    return (await real.get("/docs")).body.decode()


@pytest.fixture
async def document(real):
    return (await real.get("/openapi.json")).json()


def articles(html):
    """Return the text of every operation's article, by its path, tags left out."""
    found = re.findall(r'<article class="operation">(.*?)</article>', html, re.DOTALL)
    texts = [unescape(re.sub(r"<[^>]+>", " ", article)) for article in found]
    return {re.search(r"(/\S*)", text)[1]: text for text in texts}


async def test_every_endpoint_with_its_parameters_bounds_and_defaults_is_there(html, document):
    told = articles(html)
    assert told.keys() == document["paths"].keys()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method.upper() in told[path]
            assert operation["summary"] in told[path]
            for each in operation.get("parameters", []):
                said = [each["name"], each.get("description", "")]
                bounds = ("minimum", "maximum", "minLength", "maxLength", "default", "pattern")
                said += [str(each["schema"][bound]) for bound in bounds if bound in each["schema"]]
                said += map(str, each["schema"].get("enum", []))
                assert [word for word in said if word not in told[path]] == [], path


async def test_the_examples_ask_for_what_there_is(real):
    html = (await real.get("/docs")).body.decode()
    examples = re.findall(r"<pre><code>(.*?)</code></pre>", html)
    commands = [shlex.split(unescape(re.sub(r"<[^>]+>", "", each))) for each in examples]
    tried = 0
    for command in commands:
        path = command[-1].removeprefix("http://127.0.0.1:8001")
        assert path != command[-1]
        assert (await real.get(path)).status == 200, command
        tried += 1
    assert tried == len((await real.get("/openapi.json")).json()["paths"])
    links = re.findall(r'<a href="\.(/[^"]*)">Try it</a>', html)
    assert "/cache/clear" not in links
    for link in links:
        assert (await real.get(unescape(link))).status == 200, link


async def test_without_metrics_here_they_are_not_in_the_reference(start):
    running = await start(ready=False, metrics_port=0)
    assert "/metrics" not in articles((await running.get("/docs")).body.decode())


def test_what_a_plug_in_says_of_itself_is_text():
    document = {
        "info": {"title": "T", "version": "1", "summary": "S"},
        "components": {"securitySchemes": {}},
        "paths": {
            "/x": {
                "get": {
                    "tags": ["images"],
                    "summary": "<script>1</script>",
                    "parameters": [
                        {
                            "name": "a",
                            "in": "query",
                            "description": "<b>",
                            "schema": {"type": "string", "default": '"><i>'},
                        }
                    ],
                    "responses": {"200": {"description": "<u>"}},
                }
            }
        },
    }
    body = reference_page(document).body.decode()
    assert not re.search(r"<(script>|b>|i>|u>)", body)


@pytest.mark.parametrize("size", [(1280, 900), PHONE])
async def test_it_fits_the_screen_and_names_the_service_as_reached(running, tab, size):
    await tab.open(f"http://127.0.0.1:{running.port}/docs", size)
    assert await tab.see("document.documentElement.scrollWidth <= innerWidth")
    await tab.until(
        f"document.querySelector('.origin').textContent === 'http://127.0.0.1:{running.port}'"
    )
    assert tab.complaints == []
    assert {url.split("/")[2] for url in tab.requests} == {f"127.0.0.1:{running.port}"}
