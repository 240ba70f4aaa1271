"""`nanobanana render` draws what the service would serve, or says in one line what was wrong."""

from io import BytesIO
from itertools import product

import pytest
from PIL import Image

from generators import Format, load_registry
from service.cli import main

SPECS = load_registry().specs()
ENDINGS = {
    Format.PNG: "png",
    Format.WEBP: "webp",
    Format.AVIF: "avif",
    Format.JPEG: "jpg",
}


@pytest.fixture
def render(tmp_path, monkeypatch):
    """A function that renders into a file of this name and returns the exit code."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: main(["render", *map(str, arguments)])


@pytest.mark.parametrize(
    ("spec", "file_format"),
    [
        pytest.param(spec, file_format, id=f"{spec.name}-{file_format}")
        for spec, file_format in product(SPECS, Format)
        if file_format.holds(spec.mode)
    ],
)
def test_every_type_is_drawn_in_every_format(render, spec, file_format, tmp_path):
    asked = ["-p", "prompt=a quiet lake"] if spec.name == "directed_enso" else []
    name = f"drawn.{ENDINGS[file_format]}"
    assert render(spec.name, "--width", 64, *asked, "-o", name) == 0
    with Image.open(tmp_path / name) as image:
        image.load()
        assert image.format == file_format.name
        assert image.width == 64


def test_it_draws_the_bytes_that_the_service_serves(command, home, running):
    ended = command(
        "render", "enso", "--seed", 7, "-p", "chaos=0.5", "-p", "color=#aa0000", "-o", "enso.png"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    served = running.ask("/generate/enso?seed=7&chaos=0.5&color=%23aa0000")
    assert (home / "enso.png").read_bytes() == served.body


def test_without_a_width_the_size_is_native(render, tmp_path):
    assert render("sigil", "-o", "sigil.PNG") == 0
    drawn = (tmp_path / "sigil.PNG").read_bytes()
    assert Image.open(BytesIO(drawn)).size == (500, 500)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nebula", "-o", "a.png"], "there is no asset type 'nebula'; there are: parchment, enso"),
        (["enso", "-o", "a.gif"], "--output a.gif: the name must end in one of .png, .webp"),
        (["enso", "-o", "a"], "--output a: the name must end in one of .png"),
        (["enso", "-o", "a.jpg"], "--output a.jpg: jpeg has no transparency, enso has"),
        (["enso", "--seed", "-1", "-o", "a.png"], "--seed -1: must be from 0 to 92233720368547758"),
        (["enso", "--seed", str(2**63), "-o", "a.png"], "--seed 9223372036854775808: must be"),
        (["enso", "--width", "15", "-o", "a.png"], "--width 15: must be from 16 to 2048"),
        (["enso", "--width", "2049", "-o", "a.png"], "--width 2049: must be from 16 to 2048"),
        (["enso", "-p", "chaos", "-o", "a.png"], "-p chaos: must be name=value"),
        (["enso", "-p", "chaos=1", "-p", "chaos=2", "-o", "a.png"], "chaos is given more than on"),
        (["enso", "-p", "chaos=wild", "-o", "a.png"], "-p chaos: "),
        (["enso", "-p", "chaos=2.1", "-p", "hue=3", "-o", "a.png"], "-p hue: is not a parameter"),
        (["enso", "-p", "complexity=4_0", "-o", "a.png"], "-p complexity: "),
        (["directed_enso", "-o", "a.png"], "-p prompt: "),
        (["directed_enso", "-p", "prompt=rage", "-p", "model=gpt-4o", "-o", "a.png"], "only local"),
    ],
)
def test_what_was_asked_wrongly_is_one_line_and_exit_code_2(
    render, arguments, told, capsys, tmp_path
):
    assert render(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("nanobanana: ")
    assert said.err.count("\n") == 1
    assert told in said.err
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_one_line_and_exit_code_1(render, capsys):
    assert render("enso", "--width", 16, "-o", "nowhere/enso.png") == 1
    assert capsys.readouterr().err == (
        "nanobanana: cannot write nowhere/enso.png: No such file or directory\n"
    )


def test_a_generator_that_fails_is_one_line_and_exit_code_1(command):
    ended = command("render", "broken", "-o", "broken.png")
    assert ended.returncode == 1
    assert ended.stderr == "nanobanana: broken failed: ValueError: the well is dry\n"
