"""`nanobanana gallery` draws every type at several settings, or says why it cannot."""

from io import BytesIO
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from pydantic import Field, model_validator

from generators import Parameters, Spec, encode, load_registry
from generators.contact_sheet import on_ground
from generators.encode import Format
from generators.ink import BONE, VOID, rgb
from service.cli import main
from service.commands.gallery import settings_of

PLUGINS = Path(__file__).parent / "plugins"


class Odd(Parameters):
    """Parameters of a plug-in that uses what pydantic offers."""

    depth: Annotated[int, Field(ge=1, le=9)] = 3
    edge: Annotated[float, Field(gt=0, lt=1)] = 0.5
    tilt: Annotated[float | None, Field(ge=-90)] = None
    loud: bool = False
    word: Annotated[str, Field(min_length=1)] = "ink"
    parts: tuple[int, ...] = (1, 2)


class Needy(Parameters):
    word: str


class Balanced(Parameters):
    left: Annotated[int, Field(ge=0, le=5)] = 2
    right: Annotated[int, Field(ge=0, le=9)] = 3

    @model_validator(mode="after")
    def _not_too_much(self):
        if self.left + self.right > 10:
            raise ValueError("too much")
        return self


def settings(parameters):
    spec = Spec("odd", "Odd", 16, 16, "RGB", "1", parameters)
    return [
        (setting.caption, setting.parameters.model_dump(exclude_unset=True))
        for setting in settings_of(spec)
    ]


def gallery(monkeypatch, *arguments):
    monkeypatch.setenv("GENERATOR_WORKERS", "0")
    return main(["gallery", *map(str, arguments)])


def test_low_and_high_are_the_inclusive_bounds_of_every_number():
    assert settings(Odd) == [
        ("low: depth 1, tilt -90", {"depth": 1, "tilt": -90.0}),
        ("default", {}),
        ("high: depth 9", {"depth": 9}),
    ]


def test_a_type_without_numbers_is_shown_once():
    assert settings(Parameters) == [("default", {})]


def test_settings_that_the_model_refuses_are_not_shown():
    assert [caption for caption, _ in settings(Balanced)] == ["low: left 0, right 0", "default"]
    assert settings(Needy) == []


@pytest.mark.parametrize("spec", load_registry().specs(), ids=lambda spec: spec.name)
def test_every_type_has_three_settings_that_look_different(spec):
    shown = settings_of(spec)
    assert len({setting.caption for setting in shown}) == 3
    generator = load_registry().get(spec.name)
    drawn = {encode(generator.render(setting.parameters, 1), Format.PNG, 64) for setting in shown}
    assert len(drawn) == 3


def test_a_sheet_shows_the_chosen_types_on_their_grounds(monkeypatch, tmp_path):
    output = tmp_path / "sheet.png"
    chosen = ("--types", "sigil", "enso", "--seeds", "2", "--tile", "32")
    assert gallery(monkeypatch, "-o", output, *chosen) == 0
    with Image.open(output) as sheet:
        assert sheet.mode == "RGB"
        assert sheet.getpixel((0, 0)) == rgb(VOID)
        assert sheet.getpixel((0, sheet.height - 1)) == rgb(BONE)


def test_a_sheet_may_show_the_defaults_alone(monkeypatch, tmp_path):
    def height(*arguments):
        output = tmp_path / "sheet.png"
        chosen = ("--types", "sigil", "directed_enso", "--seeds", "1", "--tile", "32")
        assert gallery(monkeypatch, "-o", output, *chosen, *arguments) == 0
        with Image.open(output) as sheet:
            return sheet.height

    assert height("--default-only") < height() / 2


def test_the_seeds_are_those_asked_for(monkeypatch, tmp_path):
    def sheet(first_seed):
        output = tmp_path / f"{first_seed}.png"
        chosen = ("--types", "enso", "--seeds", "1", "--tile", "64")
        assert gallery(monkeypatch, "-o", output, *chosen, "--first-seed", first_seed) == 0
        with Image.open(output) as image:
            return np.asarray(image)

    generator = load_registry().get("enso")
    for seed in (3, 4):
        file = encode(generator.render(generator.spec.parameters(), seed), Format.PNG, 64)
        picture = np.asarray(on_ground(Image.open(BytesIO(file)), BONE))
        places = sliding_window_view(sheet(seed), picture.shape)[:, :, 0]
        assert np.count_nonzero((places == picture).all(axis=(2, 3, 4))) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-o", "sheet.jpg"], "--output sheet.jpg: the name must end in .png"),
        (["-o", "s.png", "--seeds", "0"], "--seeds 0: must be from 1 to 100"),
        (["-o", "s.png", "--seeds", "101"], "--seeds 101: must be from 1 to 100"),
        (["-o", "s.png", "--first-seed", "-1"], "--first-seed -1: must be from 0 to"),
        (["-o", "s.png", "--first-seed", 2**63 - 1], "must be from 0 to 9223372036854775802"),
        (["-o", "s.png", "--tile", "15"], "--tile 15: must be from 16 to 2048"),
        (["-o", "s.png", "--types", "enso", "blot"], "there is no asset type 'blot'"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch, capsys, tmp_path, arguments, reason):
    monkeypatch.chdir(tmp_path)
    assert gallery(monkeypatch, *arguments) == 2
    assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_sheet_that_cannot_be_written_is_told(monkeypatch, capsys, tmp_path):
    output = tmp_path / "nowhere" / "sheet.png"
    small = ("--types", "sigil", "--seeds", "1", "--tile", "16")
    assert gallery(monkeypatch, "-o", output, *small) == 1
    assert f"cannot write {output}: No such file or directory" in capsys.readouterr().err


def test_a_type_that_cannot_be_drawn_is_told(command):
    end = command("gallery", "-o", "sheet.png", "--types", "broken", PYTHONPATH=PLUGINS)
    assert end.returncode == 1
    assert "broken" in end.stderr
    assert "Traceback" not in end.stderr


def test_progress_is_shown_on_a_terminal_alone(monkeypatch, capsys, tmp_path):
    chosen = ("-o", tmp_path / "s.png", "--types", "sigil", "--seeds", "2", "--tile", "16")
    gallery(monkeypatch, *chosen)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    gallery(monkeypatch, *chosen)
    assert "6/6" in capsys.readouterr().err
