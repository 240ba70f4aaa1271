"""Runbooks are read where alerts link to: as they were written, harmless, on any screen."""

import re

import pytest

from monitoring import load_runbooks
from service.pages import RunbookPages

RUNBOOKS = load_runbooks()
PHONE = (390, 844)


async def test_every_alert_has_its_page_and_its_links_lead_on(running):
    for alert, text in RUNBOOKS.items():
        reply = await running.get(f"/runbooks/{alert}")
        assert reply.status == 200
        html = reply.body.decode()
        assert f"<h1>{alert}</h1>" in html
        sections = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert sections
        assert re.findall(r"<h2>(.*?)</h2>", html) == sections
        links = set(re.findall(r"\]\((\w+)\)", text))
        assert links <= RUNBOOKS.keys()
        assert links <= set(re.findall(r'<a href="(\w+)">', html))


async def test_the_index_lists_them_all_and_what_they_mean(running):
    html = (await running.get("/runbooks")).body.decode()
    assert re.findall(r'<li><a href="runbooks/(\w+)">', html) == sorted(RUNBOOKS)
    assert "Nothing is wrong. This alert always fires" in html


def test_html_in_a_runbook_is_shown_not_obeyed():
    pages = RunbookPages({"Odd": "# Odd\n\n## What it means\n\n<script>alert(1)</script>\n"})
    for page in (pages.page("Odd"), pages.index()):
        assert b"<script" not in page.body
        assert b"&lt;script&gt;" in page.body


def test_a_runbook_without_sections_is_listed_nevertheless():
    assert b'href="runbooks/Odd"' in RunbookPages({"Odd": "# Odd\n"}).index().body


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_a_runbook_fits_a_phone_in_the_dark_and_in_the_light(running, tab, scheme):
    url = f"http://127.0.0.1:{running.port}/runbooks/CacheTooSmall"
    await tab.open(url, PHONE, scheme)
    assert await tab.see("document.documentElement.scrollWidth <= innerWidth")
    ground, text = await tab.see(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert contrast(ground, text) > 7  # WCAG 2.2, enhanced contrast
    assert (luminance(ground) < luminance(text)) == (scheme == "dark")
    await tab.follow("a[href=CacheMemoryNearLimit]")
    assert await tab.see("document.querySelector('h1').textContent") == "CacheMemoryNearLimit"
    assert tab.complaints == []


def luminance(color):
    """Return the relative luminance of `rgb(r, g, b)` as WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return sum(each * weight for each, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
