"""In a real browser the gallery shows what the service has, asks for no more, and stays live."""

import pytest

DESKTOP, PHONE = (1280, 900), (390, 844)
FEW_LINES = (390, 200)

LOADED = "[...document.images].filter((each) => each.complete && each.naturalWidth).length"


def home(running):
    return f"http://127.0.0.1:{running.port}/"


def plate(name):
    return f"document.getElementById('{name}-seed').closest('.plate')"


def told(name):
    return f"{plate(name)}.querySelector('.told').textContent"


async def set_field(tab, identifier, value):
    """Enter a value as a person would: what listens to the field is told."""
    await tab.see(
        f"(() => {{ const field = document.getElementById('{identifier}'); field.value = '{value}';"
        "for (const kind of ['input', 'change'])"
        " field.dispatchEvent(new Event(kind, { bubbles: true })); })()"
    )


@pytest.fixture
async def gallery(real, tab):
    """The gallery of the real generators, hung."""
    await tab.open(home(real))
    await tab.until("document.querySelectorAll('.plate').length")
    return tab


@pytest.fixture
async def whole_gallery(gallery):
    """All of it in view, and every current asset there."""
    await gallery.resize(1280, 3000)
    await gallery.until(f"{LOADED} === 6")  # five types, and the mark
    return gallery


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_it_shows_every_type_without_a_complaint_and_fits_the_screen(real, tab, size):
    await tab.open(home(real), size)
    types = [each["name"] for each in (await real.get("/generators")).json()]
    await tab.until("document.querySelectorAll('.plate').length")
    names = await tab.see("[...document.querySelectorAll('.plate h3')].map((e) => e.textContent)")
    assert names == [name.replace("_", " ") for name in types]
    await tab.until("document.querySelectorAll('#types tr').length")
    await tab.until(f"{LOADED} >= 2")
    assert await tab.see("document.documentElement.scrollWidth <= innerWidth")
    assert tab.complaints == []
    assert {url.split("/")[2] for url in tab.requests} == {f"127.0.0.1:{real.port}"}


async def test_it_draws_each_current_asset_once_and_nothing_else(real, whole_gallery):
    stats = await real.stats()
    drawn = {name: cache["misses"] for name, cache in stats["caches"].items()}
    assert drawn == {**dict.fromkeys(drawn, 1), "directed_enso": 0}
    assert stats["total_hits"] == 0
    assert (await whole_gallery.see(told("enso"))).startswith("Miss: drawn in ")


async def test_what_is_far_below_the_screen_is_drawn_when_one_comes_to_it(real, tab):
    await tab.open(home(real), FEW_LINES)
    await tab.until(f"{told('parchment')}.startsWith('Miss')")
    await tab.until("document.getElementById('pulse').textContent.startsWith('Live')")
    assert (await real.stats())["caches"]["kangaroo"]["misses"] == 0
    await tab.see(f"{plate('kangaroo')}.scrollIntoView()")
    await tab.until(f"{told('kangaroo')}.startsWith('Miss')")
    assert (await real.stats())["caches"]["kangaroo"]["misses"] == 1


async def test_a_picture_lies_on_the_ground_it_is_meant_for(whole_gallery):
    grounds = {
        name: await whole_gallery.see(f"{plate(name)}.dataset.ground")
        for name in ("parchment", "enso", "sigil", "giraffe")
    }
    assert grounds == {"parchment": "void", "enso": "bone", "sigil": "void", "giraffe": "bone"}


async def test_controls_ask_for_what_they_say_and_nothing_else(real, gallery):
    await set_field(gallery, "enso-complexity", "90")
    await set_field(gallery, "enso-color", "#884422")
    await set_field(gallery, "enso-seed", "7")
    address = f"{home(real)}generate/enso?color=%23884422&complexity=90&seed=7"
    assert await gallery.see(f"{plate('enso')}.querySelector('.address').href") == address
    await gallery.until(f"{plate('enso')}.querySelector('img').src === '{address}'")
    await gallery.until(f"{told('enso')}.startsWith('Miss')")
    await gallery.see(f"{plate('enso')}.querySelector('[type=reset]').click()")
    await gallery.until(
        f"{plate('enso')}.querySelector('.address').href === '{home(real)}generate/enso'"
    )
    assert gallery.complaints == []


async def test_a_prompt_is_directed_when_it_is_sent_and_not_before(real, gallery):
    await set_field(gallery, "directed_enso-prompt", "burning rage")
    assert (await real.stats())["caches"]["directed_enso"]["misses"] == 0
    await gallery.see(f"{plate('directed_enso')}.querySelector('[type=submit]').click()")
    await gallery.until(f"{told('directed_enso')}.startsWith('Miss')")
    assert (await real.stats())["caches"]["directed_enso"]["misses"] == 1
    assert gallery.complaints == []


async def test_a_value_that_is_none_is_not_sent(real, gallery):
    before = await real.stats()
    await set_field(gallery, "enso-seed", "seven")
    assert not await gallery.see("document.getElementById('enso-seed').validity.valid")
    after = await real.stats()
    assert after["total_misses"] == before["total_misses"]
    assert gallery.complaints == []


async def test_what_the_service_refuses_is_told_in_its_words(gallery):
    await set_field(gallery, "enso-seed", "9999999999999999999")
    await gallery.until(f"{told('enso')}.startsWith('Bad parameters: seed.')")


async def test_every_control_has_a_name_and_every_picture_a_text(gallery):
    nameless = await gallery.see(
        "[...document.querySelectorAll('input, select, textarea, button, meter')].filter("
        "(each) => !(each.labels?.length || each.textContent.trim()"
        " || each.hasAttribute('aria-labelledby'))).map((each) => each.outerHTML)"
    )
    assert nameless == []
    assert await gallery.see("[...document.images].every((each) => each.hasAttribute('alt'))")


async def test_the_keyboard_reaches_the_content_first(gallery):
    await gallery.do("Input.dispatchKeyEvent", type="keyDown", key="Tab", windowsVirtualKeyCode=9)
    assert await gallery.see("document.activeElement.className") == "skip"


async def test_the_cockpit_tells_what_the_statistics_tell(real, gallery):
    for _ in range(3):
        await real.image("/generate/sigil?seed=1&width=16")
    row = "document.querySelector('#types tr:nth-child(3)')"
    await gallery.until(
        f"{row}.textContent.includes('2 cold') && {row}.cells[2].textContent === '2'"
    )
    stats = (await real.stats())["caches"]["sigil"]
    assert await gallery.see(f"{row}.querySelector('th').textContent") == "sigil"
    cells = await gallery.see(f"[...{row}.cells].map((each) => each.textContent)")
    assert cells[1] == f"{stats['hit_rate'] * 100:.1f} %"
    assert stats["hits"] == 2
    assert cells[4] == f"{stats['size']} of {stats['max_size']}"
    assert "of 500 MiB" in await gallery.see("document.getElementById('figures').textContent")


async def test_nobody_is_asked_while_nobody_looks(gallery):
    await gallery.until("document.getElementById('pulse').textContent.startsWith('Live')")
    await gallery.see(
        "Object.defineProperty(document, 'hidden', { get: () => window.away ?? false });"
        "window.away = true; document.dispatchEvent(new Event('visibilitychange'))"
    )
    await gallery.until("document.getElementById('pulse').textContent.startsWith('Paused')")
    asked = len(gallery.requests)
    # Longer than the period of 2 s: an answer can be waited for, silence only for a time.
    await gallery.see("new Promise((resolve) => setTimeout(resolve, 2500))")
    assert len(gallery.requests) == asked
    await gallery.see("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    await gallery.until("document.getElementById('pulse').textContent.startsWith('Live')")
