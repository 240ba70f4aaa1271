"""Every page is safe and cheap to serve: a strict policy, nothing from elsewhere, copies kept."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
PAGES = ("/", "/docs", "/runbooks", "/runbooks/CacheTooSmall", "/runbooks/Watchdog")
FILES = ("/pages/site.css", "/pages/gallery.js", "/pages/cockpit.js", "/pages/mark.svg")


class Elements(HTMLParser):
    """The start tags of a page, and the ids in it."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


async def ask(running, path, **headers):
    reply = await running.get(path, {"Accept": HTML, **headers})
    assert reply.status == 200, reply.body
    return reply


async def test_the_policy_lets_a_page_load_its_own_files_alone(running):
    for path in PAGES:
        reply = await ask(running, path)
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
        directives = reply.headers["Content-Security-Policy"].split("; ")
        assert "default-src 'self'" in directives
        assert "frame-ancestors 'none'" in directives
        assert "base-uri 'none'" in directives
        assert not {"unsafe-inline", "unsafe-eval", "data:", "*"} & set(
            re.split(r"[ ;']+", reply.headers["Content-Security-Policy"])
        )
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_page_holds_no_script_and_no_style_of_its_own(running):
    for path in PAGES:
        html = (await ask(running, path)).body.decode()
        assert "<style" not in html
        assert not re.search(r"<script(?![^>]* src=)", html)
        for _, attributes in Elements(html).tags:
            assert not {name for name in attributes if name.startswith("on")} | (
                attributes.keys() & {"style"}
            )


async def test_nothing_names_an_address_elsewhere(running):
    for path in PAGES + FILES:
        text = (await ask(running, path)).body.decode()
        for address in re.findall(r"(?:https?:)?//[a-z0-9][^\s\"'<>)`]*", text):
            # Examples name this machine, and a drawing its language.
            assert re.match(r"http://(127\.0\.0\.1|localhost|www\.w3\.org/2000/svg)\b", address)


async def test_what_a_page_links_to_is_there(running):
    for path in PAGES:
        tags = Elements((await ask(running, path)).body.decode()).tags
        ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
        links = {attributes.get("href") or attributes.get("src") for _, attributes in tags} - {None}
        assert len(links) >= 5
        for link in links:
            target, _, fragment = urljoin(path, link).partition("#")
            if fragment:
                assert fragment in ids
            elif "?" not in target:  # the test of the reference tries those
                reply = await running.get(target, {"Accept": HTML})
                assert reply.status == 200, (path, link)


async def test_a_copy_that_is_still_good_is_not_sent_again(running):
    for path in PAGES + FILES:
        reply = await ask(running, path)
        assert reply.headers["Cache-Control"] == "no-cache"
        again = await running.get(path, {"Accept": HTML, "If-None-Match": reply.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["ETag"] == reply.headers["ETag"]
        assert (await running.get(path, {"Accept": HTML, "If-None-Match": '"other"'})).status == 200


async def test_head_says_what_get_would(running):
    for path in PAGES + FILES:
        reply = await ask(running, path)
        head = await running.ask("HEAD", path, {"Accept": HTML})
        assert (head.status, head.body) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag"):
            assert head.headers[name] == reply.headers[name]


async def test_what_there_is_not_is_a_404_problem(running):
    for path in ("/pages/none.css", "/pages/%2e%2e%2fpage.py", "/pages/", "/runbooks/NoSuchAlert"):
        reply = await running.get(path)
        assert reply.status == 404
        assert reply.headers["Content-Type"].startswith("application/problem+json")


async def test_a_parameter_is_refused(running):
    for path in PAGES + FILES:
        reply = await running.get(f"{path}?x=1", {"Accept": HTML})
        assert reply.status == 400
        assert [each["name"] for each in reply.json()["errors"]] == ["x"]


async def test_all_pages_and_files_are_one_route(running):
    for path in ("/runbooks/Watchdog", "/runbooks/EventLoopLag", "/runbooks/Nobody", *FILES):
        await running.get(path)
    metrics = await running.metrics()
    counted = metrics.by("http_requests_total", "route")
    assert counted["/pages"] == 3 + len(FILES)
    assert metrics.total("http_requests_total", route="/pages", code="404") == 1


# Who gets the gallery


ACCEPTS = (
    (HTML, True),
    ("text/html", True),
    ("text/html, */*", True),
    ("TEXT/HTML;level=1", True),
    ("*/*", False),
    ("", False),
    ("application/json", False),
    ("application/json, text/plain, */*", False),
    ("text/html;q=0.1, */*", False),
    ("text/html, application/json", False),
    ("text/html;q=0", False),
    ("text/html;q=0, */*;q=0", False),
)


async def test_a_browser_gets_the_gallery_and_a_program_the_index(running):
    for accept, is_html in ACCEPTS:
        reply = await running.get("/", {"Accept": accept})
        assert reply.headers["Content-Type"].startswith("text/html") == is_html, accept
        assert reply.headers["Vary"] == "Accept"
        if not is_html:
            assert reply.json()["docs"] == "/docs"
