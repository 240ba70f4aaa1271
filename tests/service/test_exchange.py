"""Every response carries an id and `nosniff`, is counted once and logged as one line."""

import re

PATHS = ["/generate/dot", "/", "/nowhere", "/generate/nothing", "/generate/dot?x=1", "/metrics"]


async def test_every_response_has_an_id_of_its_own_and_is_not_sniffed(running):
    ids = []
    for path in PATHS:
        for method in ("GET", "HEAD", "DELETE"):
            reply = await running.ask(method, path)
            ids += reply.headers.getall("X-Request-ID")
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert len(set(ids)) == len(ids) == 3 * len(PATHS)
    assert all(re.fullmatch("[A-Za-z0-9._-]{1,64}", each) for each in ids)


async def test_a_callers_id_is_echoed(running):
    for given in ("a", "A-z_0.9", "x" * 64):
        running.log.lines.clear()
        for path in PATHS:
            reply = await running.get(path, {"X-Request-ID": given})
            assert reply.headers.getall("X-Request-ID") == [given]
        assert [line.request_id for line in running.log.lines] == [given] * len(PATHS)


async def test_an_unfit_id_is_replaced(running):
    for given in ("", "x" * 65, "a b", "a\tb", "é", "a;b", "<script>", "a,b"):
        reply = await running.get("/health", {"X-Request-ID": given})
        assert re.fullmatch("[0-9a-f]{12}-[0-9a-f]+", reply.headers["X-Request-ID"])


async def test_the_log_line_says_what_happened(running):
    replies = [
        await running.get("/generate/dot?seed=1", {"X-Request-ID": "first"}),
        await running.get("/generate/dot?seed=1"),
        await running.ask("HEAD", "/nowhere?a=b"),
    ]
    lines = [(line.method, line.path, line.status, line.cache) for line in running.log.lines]
    assert lines == [
        ("GET", "/generate/dot?seed=1", 200, "miss"),
        ("GET", "/generate/dot?seed=1", 200, "hit"),
        ("HEAD", "/nowhere?a=b", 404, "none"),
    ]
    ids = [line.request_id for line in running.log.lines]
    assert ids == [reply.headers["X-Request-ID"] for reply in replies]
    assert ids[0] == "first"
    assert all(0 < line.seconds < 10 for line in running.log.lines)


async def test_requests_are_counted_by_method_route_and_code(running):
    for method, path in (
        ("GET", "/generate/dot"),
        ("HEAD", "/generate/dot"),
        ("GET", "/generate/leaf"),
        ("GET", "/generate/directed/enso?prompt=a"),
        ("GET", "/generate/nothing"),
        ("POST", "/cache/clear"),
        ("DELETE", "/health"),
        ("GET", "/wp-admin"),
    ):
        await running.ask(method, path)
    metrics = await running.metrics()

    def count(method, route, code):
        return metrics.total("http_requests_total", method=method, route=route, code=code)

    assert count("GET", "/generate/{asset_type}", "200") == 2
    assert count("HEAD", "/generate/{asset_type}", "200") == 1
    assert count("GET", "/generate/directed/enso", "200") == 1
    assert count("GET", "/generate/{asset_type}", "404") == 1
    assert count("POST", "/cache/clear", "200") == 1
    assert count("other", "unmatched", "405") == 1
    assert count("GET", "unmatched", "404") == 1
    assert metrics.total("http_requests_total") == 8
    assert metrics.total("http_request_duration_seconds_count") == 8
    assert metrics.total("http_requests_in_progress") == 1  # the scrape
    route = {"route": "/generate/{asset_type}"}
    assert metrics.total("http_request_duration_seconds_count", cache="hit", **route) == 1
    assert metrics.total("http_request_duration_seconds_count", cache="miss", **route) == 2
    assert metrics.by("http_rejected_total", "reason") == {
        **dict.fromkeys(metrics.by("http_rejected_total", "reason"), 0),
        "not_found": 2,
        "method": 1,
    }


# Pages of other origins


async def test_a_stranger_origin_may_read_nothing_by_default(running):
    for method in ("GET", "OPTIONS"):
        reply = await running.ask(method, "/generate/dot", {"Origin": "https://a.example"})
        assert not [name for name in reply.headers if name.startswith("Access-Control")]
        assert "Timing-Allow-Origin" not in reply.headers
    assert reply.status == 405


async def test_a_configured_origin_may_read_everything_and_its_timing(start):
    running = await start(cors_origins=("https://a.example",))
    for path in ("/generate/dot", "/generate/dot?x=1", "/cache/stats", "/no"):
        reply = await running.get(path, {"Origin": "https://a.example"})
        assert reply.headers["Access-Control-Allow-Origin"] == "https://a.example"
        assert reply.headers["Timing-Allow-Origin"] == "https://a.example"
        exposed = reply.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Cache-Status", "Server-Timing", "ETag", "X-Request-ID", "Age"} <= set(exposed)
        assert "Origin" in reply.headers["Vary"]
        for origin in ({"Origin": "https://b.example"}, {"Origin": "null"}, {}):
            reply = await running.get(path, origin)
            assert "Access-Control-Allow-Origin" not in reply.headers
            assert "Origin" in reply.headers["Vary"]


async def test_all_origins_need_no_vary(start):
    running = await start(cors_origins=("*",))
    reply = await running.image("/generate/dot?format=png", {"Origin": "https://a.example"})
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Timing-Allow-Origin"] == "*"
    assert "Vary" not in reply.headers


async def test_a_preflight_is_answered_where_origins_are_configured(start, studio):
    running = await start(cors_origins=("https://a.example",))
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    for path in ("/generate/dot", "/generate/directed/enso", "/models"):
        reply = await running.ask("OPTIONS", path, headers)
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["Access-Control-Allow-Origin"] == "https://a.example"
        assert "GET" in reply.headers["Access-Control-Allow-Methods"]
        allowed = reply.headers["Access-Control-Allow-Headers"].lower()
        assert {"x-api-key", "x-base-url", "x-request-id"} <= set(allowed.split(", "))
        assert reply.headers["X-Request-ID"]
    stranger = await running.ask("OPTIONS", "/generate/dot", {"Origin": "https://b.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    assert (await running.ask("OPTIONS", "/generate/dot")).status == 405
    assert studio.drawn == []
