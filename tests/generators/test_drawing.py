"""A worker draws what the order says, or tells in text what went wrong; it never raises."""

import io

import pytest
from PIL import Image

from generators.encode import Format
from generators.errors import RegistryError
from generators.workers.drawing import Drawn, Failed, draw, prepare
from generators.workers.orders import Order


@pytest.fixture
def unruly(sketches):
    """A function that draws with the generator that does what it is told."""

    def drawn(deed="draw", file_format=Format.PNG, width=None):
        order = Order("unruly", sketches.UnrulyParameters(deed=deed), 0, file_format, width)
        return draw(sketches.load_sketches(), order)

    return drawn


def test_a_picture_comes_as_a_file_with_its_size_and_times(unruly):
    drawn = unruly(width=64)
    assert isinstance(drawn, Drawn)
    assert (drawn.width, drawn.height) == (64, 48) == Image.open(io.BytesIO(drawn.body)).size
    assert drawn.render_seconds > 0
    assert drawn.encode_seconds > 0


@pytest.mark.parametrize(
    ("deed", "error_type", "words"),
    [
        ("raise", "builtins.ValueError", "secret words"),
        ("unspeakable", "sketches.Unspeakable", "failed"),
        ("exit", "builtins.SystemExit", "3"),
        ("list", "builtins.TypeError", "neither a GradientMap nor an Image"),
        ("small", "builtins.ValueError", "(8, 8)"),
        ("grey", "builtins.ValueError", "not L"),
        ("float", "builtins.ValueError", "float64"),
        ("bent", "builtins.ValueError", "(9, 3)"),
    ],
)
def test_whatever_a_generator_does_wrong_comes_as_text(unruly, deed, error_type, words):
    failed = unruly(deed)
    assert isinstance(failed, Failed)
    assert failed.error_type == error_type
    assert words in failed.summary
    assert failed.traceback_text.startswith("Traceback")


def test_a_type_that_nobody_draws_is_a_failure(sketches):
    order = Order("unheard_of", sketches.NoParameters(), 0, Format.PNG)
    failed = draw(sketches.load_sketches(), order)
    assert isinstance(failed, Failed)
    assert "'unheard_of'" in failed.summary


def test_preparing_survives_a_generator_that_cannot_warm_up(sketches, caplog):
    assert list(prepare(sketches.load_broken)) == ["broken"]
    assert "warm-up of broken failed" in caplog.text


def test_preparing_passes_on_why_there_is_no_registry(sketches):
    with pytest.raises(RegistryError, match="the ink is dry"):
        prepare(sketches.load_nothing)
