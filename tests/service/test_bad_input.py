"""Bad input gets the right 4xx problem document, and costs neither a drawing nor a series."""

import contextlib
import json
from http.client import HTTPResponse
from io import BytesIO
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DOT = "/generate/dot?"
DIRECTED = "/generate/directed/enso?"


@pytest.fixture
def harmless(running, studio, caplog):
    """A context in which nothing is drawn, looked up or added to the series, and little logged."""

    @contextlib.asynccontextmanager
    async def checked(requests):
        before = await running.metrics()
        running.log.lines.clear()
        caplog.set_level("INFO")
        yield
        assert len(running.log.lines) == requests
        assert caplog.records == []
        after = await running.metrics()
        assert after.values.keys() == before.values.keys()
        assert after.total("generations_total") == before.total("generations_total")
        for name in ("cache_misses_total", "cache_hits_total", "cache_coalesced_total"):
            assert after.total(name) == before.total(name)
        assert studio.drawn == []

    return checked


def check_problem(reply, status):
    """Return the document of a problem after holding it to RFC 9457 and to our own rules."""
    assert reply.status == status, (reply.status, reply.body)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["X-Request-ID"]
    document = json.loads(reply.body)
    assert document["status"] == status
    for name in ("type", "title", "detail"):
        assert isinstance(document[name], str)
        assert document[name]
    assert "Traceback" not in reply.body.decode()
    return document


BAD_QUERIES = [
    # wrong type
    ("seed=x", {"seed"}),
    ("seed=1.5", {"seed"}),
    ("seed=1.0", {"seed"}),
    ("seed=1e3", {"seed"}),
    ("seed=0x10", {"seed"}),
    ("seed=1_000", {"seed"}),
    ("seed=true", {"seed"}),
    ("seed=null", {"seed"}),
    ("seed=%205", {"seed"}),
    ("seed=5%0A", {"seed"}),
    ("seed=+5", {"seed"}),
    ("seed=[1]", {"seed"}),
    ("shade=1.5", {"shade"}),
    ("weight=heavy", {"weight"}),
    ("weight=1,5", {"weight"}),
    ("weight=1_0", {"weight"}),
    ("bold=perhaps", {"bold"}),
    ("tint=RED", {"tint"}),
    ("format=gif", {"format"}),
    ("format=PNG", {"format"}),
    ("v=a%20b", {"v"}),
    ("v=" + "1" * 33, {"v"}),
    # digits of other scripts
    ("seed=%D9%A5", {"seed"}),
    ("seed=%EF%BC%95", {"seed"}),
    ("weight=%D9%A1", {"weight"}),
    # out of range
    ("seed=-1", {"seed"}),
    ("seed=9223372036854775808", {"seed"}),
    ("seed=" + "9" * 5000, {"seed"}),
    ("width=15", {"width"}),
    ("width=2049", {"width"}),
    ("width=-16", {"width"}),
    ("width=" + "9" * 400, {"width"}),
    ("shade=101", {"shade"}),
    ("weight=0.0999", {"weight"}),
    ("weight=2.0001", {"weight"}),
    ("weight=-1", {"weight"}),
    # no number at all
    ("weight=nan", {"weight"}),
    ("weight=NaN", {"weight"}),
    ("weight=inf", {"weight"}),
    ("weight=-Infinity", {"weight"}),
    ("weight=1e309", {"weight"}),
    ("weight=1e999999999", {"weight"}),
    # empty
    ("seed=", {"seed"}),
    ("seed", {"seed"}),
    ("width=", {"width"}),
    ("format=", {"format"}),
    ("v=", {"v"}),
    ("tint=", {"tint"}),
    ("bold=", {"bold"}),
    # unknown
    ("shadow=1", {"shadow"}),
    ("SEED=1", {"SEED"}),
    ("seed%00=1", {"seed\0"}),
    ("=1", {""}),
    ("prompt=a", {"prompt"}),
    ("__class__=1", {"__class__"}),
    ("seed=1;width=20", {"seed"}),
    # twice
    ("seed=1&seed=1", {"seed"}),
    ("seed=1&%73eed=2", {"seed"}),
    ("format=png&format=png&format=png", {"format"}),
    # several at once
    ("seed=x&width=1&shade=-1&what=1&tint=a&tint=b", {"seed", "width", "shade", "what", "tint"}),
    ("width=1&weight=x&v=%20", {"width", "weight", "v"}),
    # no text
    ("seed=%00", {"seed"}),
    ("tint=red%00", {"tint"}),
    ("tint=%FF", {"tint"}),
    ("tint=%ED%A0%80", {"tint"}),
    ("tint=%C0%80", {"tint"}),
    ("%ED%B2%80=1", {"���"}),
    ("tint=%E2%82", {"tint"}),
]


async def test_bad_queries_are_400_and_name_every_bad_parameter(running, harmless):
    async with harmless(len(BAD_QUERIES)):
        for query, names in BAD_QUERIES:
            document = check_problem(await running.get(DOT + query), 400)
            assert {error["name"] for error in document["errors"]} == names, query
            assert all(error["reason"] for error in document["errors"])
            assert document["type"].endswith("bad-parameters")


async def test_a_parameter_without_a_name_is_named_in_words(running):
    document = (await running.get(DOT + "=1&width=1")).json()
    assert document["detail"] == "Bad parameters: width, '' (empty name)."


async def test_no_reason_is_said_twice(running):
    document = (await running.get(DOT + "seed=1&seed=2&seed=3")).json()
    assert document["errors"] == [{"name": "seed", "reason": "is given more than once"}]


async def test_transparency_refuses_jpeg_beside_other_faults(running, harmless):
    async with harmless(2):
        document = check_problem(await running.get("/generate/leaf?format=jpeg"), 400)
        assert [error["name"] for error in document["errors"]] == ["format"]
        document = check_problem(await running.get("/generate/leaf?format=jpeg&x=1"), 400)
        assert {error["name"] for error in document["errors"]} == {"format", "x"}


BAD_PROMPTS = [
    ("", {"prompt"}),
    ("prompt=", {"prompt"}),
    ("prompt=%20%20+", {"prompt"}),
    ("prompt=" + "a" * 501, {"prompt"}),
    ("prompt=" + quote("🍌" * 501), {"prompt"}),
    ("prompt=a%00b", {"prompt"}),
    ("prompt=a%0Ab", {"prompt"}),
    ("prompt=a%1Bb", {"prompt"}),
    ("prompt=a%C2%85b", {"prompt"}),
    ("prompt=a%7Fb", {"prompt"}),
    ("prompt=%ED%A0%BD%ED%B8%80", {"prompt"}),
    ("prompt=a&prompt=b", {"prompt"}),
    ("prompt=a&model=", {"model"}),
    ("prompt=a&model=a%20b", {"model"}),
    ("prompt=a&model=a%0A", {"model"}),
    ("prompt=a&model=" + "m" * 101, {"model"}),
    ("prompt=a&model=caf%C3%A9", {"model"}),
    ("prompt=a&model=gpt-4o", {"model"}),
    ("prompt=a&model=LOCAL", {"model"}),
    ("prompt=a&color=%23ffffff", {"color"}),
    ("prompt=a&format=jpeg", {"format"}),
    ("model=local&seed=x", {"prompt", "seed"}),
]


async def test_bad_prompts_and_models_are_400_before_any_lookup(running, harmless):
    async with harmless(len(BAD_PROMPTS)):
        for query, names in BAD_PROMPTS:
            document = check_problem(await running.get(DIRECTED + query), 400)
            assert {error["name"] for error in document["errors"]} == names, query


async def test_a_long_query_is_414_everywhere(running, harmless):
    paths = [
        DOT,
        DIRECTED + "prompt=",
        "/generators?",
        "/models?",
        "/cache/stats?",
        "/cache/clear?asset_type=",
        "/metrics?",
        "/health?",
        "/ready?",
        "/openapi.json?",
        "/?",
    ]
    async with harmless(len(paths)):
        for path in paths:
            document = check_problem(await running.get(path + "a" * 10_000), 414)
            assert document["title"] == "URI Too Long"


async def test_a_query_of_thousands_of_parameters_gets_a_short_answer(running, harmless):
    async with harmless(1):
        reply = await running.get(DOT + "&".join(f"p{n}" for n in range(1000)))
        check_problem(reply, 400)
        assert len(reply.body) < 1000


async def test_unknown_parameters_are_400_everywhere(running, harmless):
    paths = ["/", "/generators", "/models", "/cache/stats", "/metrics", "/health", "/ready"]
    paths += ["/openapi.json", "/cache/clear"]
    async with harmless(len(paths)):
        for path in paths:
            document = check_problem(await running.get(f"{path}?what=1"), 400)
            assert [error["name"] for error in document["errors"]] == ["what"]


UNKNOWN_PATHS = [
    "/generate/nothing",
    "/generate/nothing?x=1&x=2",
    "/generate/directed_enso",
    "/generate/DOT",
    "/generate/dot/",
    "/generate/dot%00",
    "/generate/%00",
    "/generate/%FF",
    "/generate/%ED%A0%80",
    "/generate/..",
    "/generate/" + "x" * 5000,
    "/generate",
    "/generate/",
    "/generate/directed",
    "/generate/directed/sigil",
    "/generate/../health",
    "/generate/%2e%2e/health",
    "/generate/..%2fhealth",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/static/..%5c..%5cwin.ini",
    "//health",
    "/health/",
    "/Health",
    "/health;a=b",
    "/cache",
    "/wp-login.php",
    "/favicon.ico",
    "/%F0%9F%8D%8C",
]


async def test_unknown_paths_and_types_are_404(running, harmless):
    async with harmless(len(UNKNOWN_PATHS)):
        for path in UNKNOWN_PATHS:
            check_problem(await running.get(path), 404)


ALLOWED = [
    ("/generate/dot", "GET,HEAD"),
    ("/generate/directed/enso", "GET,HEAD"),
    ("/generate/nothing", "GET,HEAD"),
    ("/generators", "GET,HEAD"),
    ("/models", "GET,HEAD"),
    ("/cache/stats", "GET,HEAD"),
    ("/cache/clear", "GET,POST"),
    ("/metrics", "GET,HEAD"),
    ("/health", "GET,HEAD"),
    ("/ready", "GET,HEAD"),
    ("/openapi.json", "GET,HEAD"),
    ("/", "GET,HEAD"),
]


async def test_wrong_methods_are_405_and_told_the_right_ones(running, harmless):
    methods = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND")
    async with harmless(len(ALLOWED) * len(methods)):
        for path, allowed in ALLOWED:
            for method in methods:
                reply = await running.ask(method, path)
                check_problem(reply, 405)
                assert reply.headers["Allow"] == allowed


async def test_a_post_to_an_image_is_405_and_its_body_is_not_read(running, harmless):
    async with harmless(1):
        check_problem(await running.ask("POST", "/generate/dot", data=b"x" * 900_000), 405)


# What is no HTTP


HOST = b"Host: 127.0.0.1\r\nConnection: close\r\n"

MALFORMED = {
    b"\r\n\r\n\0": 400,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 400,
    b"GET * HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n": 404,
    b"CONNECT a.example:80 HTTP/1.1\r\n" + HOST + b"\r\n": 404,
    b"get /health HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"BREW /health HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET health HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET /health HTTP/9.9\r\n" + HOST + b"\r\n": 400,
    b"GET http://[::1/health HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET http://a:99999/health HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET /generate/dot?tint=\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET /generate/dot?tint=\xed\xa0\x80 HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET /generate/d\xc3\xb6t HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET /generate/dot?\x1b[31m HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET /generate/dot?a\0b HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET /health HTTP/1.1\r\n" + HOST + b"No colon\r\n\r\n": 400,
    b"GET /health HTTP/1.1\r\n" + HOST + b"Space : x\r\n\r\n": 400,
    b"GET /health HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n": 400,
    b"GET /health HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 30_000 + b"\r\n\r\n": 400,
    b"GET /health HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 10_000 + b"\r\n": 400,
    b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"POST /cache/clear HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n": 400,
    b"POST /cache/clear HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab": 400,
    b"GET /health HTTP/1.1\r\n" + HOST + b"Expect: the-unexpected\r\n\r\n": 417,
}


def parsed(answer):
    """Return (status, headers, body) of the first response in `answer`."""

    class Socket:
        def makefile(self, _mode):
            return BytesIO(answer)

    response = HTTPResponse(Socket())
    response.begin()
    return response.status, response.headers, response.read()


async def test_what_is_no_http_gets_a_problem_document_too(running, harmless):
    async with harmless(len(MALFORMED)):
        for request, expected in MALFORMED.items():
            answer = await running.send(request)
            status, headers, body = parsed(answer)
            assert status == expected, (request[:80], answer[:300])
            assert headers["Content-Type"] == "application/problem+json"
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Request-ID"]
            assert json.loads(body)["status"] == status


async def test_absolute_form_is_understood(running):
    answer = await running.send(b"GET http://127.0.0.1/health HTTP/1.1\r\n" + HOST + b"\r\n")
    assert parsed(answer)[0] == 200


async def test_an_error_keeps_the_connection_in_step(running):
    requests = (
        b"HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"
        b"HEAD /generate/dot HTTP/1.1\r\nHost: a\r\n\r\n"
        b"GET /generate/dot?seed=x HTTP/1.1\r\nHost: a\r\n\r\n"
        b"POST /generate/dot HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    answer = await running.send(requests)
    assert [line.status for line in running.log.lines] == [404, 200, 400, 405, 200]
    assert answer.count(b"HTTP/1.1 ") == 5
    assert answer.endswith(b"}}")


# Whatever else


TEXT = st.text(max_size=20).map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe=""))
BYTES = st.binary(max_size=12).map(quote)
NAMES = st.sampled_from(["seed", "width", "format", "v", "shade", "weight", "tint", "bold"])
VALUES = st.one_of(
    TEXT,
    BYTES,
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["1", "png", "red", "true", "16", "0.5", "avif", "-0", "1e1", ".5"]),
)
PAIRS = st.tuples(st.one_of(NAMES, NAMES, TEXT), VALUES).map("=".join)
QUERIES = st.lists(st.one_of(PAIRS, TEXT), max_size=5).map("&".join)
PATHS = st.sampled_from(["/generate/dot", "/generate/leaf", "/generate/directed/enso", "/health"])
HEADERS = st.dictionaries(
    st.sampled_from(
        (
            "Accept",
            "Authorization",
            "Cache-Control",
            "If-Modified-Since",
            "If-None-Match",
            "Origin",
            "Range",
            "Sec-Fetch-Site",
            "X-API-Key",
            "X-Base-Url",
            "X-Request-ID",
        )
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")),
    max_size=3,
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=PATHS, query=QUERIES, prompt=TEXT, headers=HEADERS)
async def test_no_query_makes_a_5xx(running, path, query, prompt, headers):
    if path.endswith("enso"):
        query = f"prompt={prompt}&{query}"
    reply = await running.get(f"{path}?{query}", headers)
    assert reply.status in (200, 304, 400, 404)
    if reply.status >= 400:
        check_problem(reply, reply.status)
