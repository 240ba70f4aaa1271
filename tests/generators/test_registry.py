"""The registry holds the built-in types and every plug-in, or says which plug-in is wrong and how.

Plug-ins here are real distributions: a module and its metadata in a folder on the path.
"""

import sys
from textwrap import dedent

import pytest

from generators.enso import Enso
from generators.errors import RegistryError, UnknownAssetType
from generators.registry import Registry, load_registry, with_plug_ins

GOOD = """
from PIL import Image
from generators.generator import Parameters, Spec

class Dot:
    spec = Spec("dot", "A dot", 16, 16, "RGB", "1", Parameters)

    def render(self, parameters, seed):
        return Image.new("RGB", (16, 16))
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs a distribution with one module and one entry point."""
    monkeypatch.syspath_prepend(tmp_path)

    def install_(source, value, distribution="inkpots"):
        module = value.partition(":")[0]
        monkeypatch.delitem(sys.modules, module, raising=False)
        (tmp_path / f"{module}.py").write_text(source)
        metadata = tmp_path / f"{distribution}-2.5.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n"
        )
        (metadata / "entry_points.txt").write_text(
            f"[nanobanana.generators]\n{distribution}_point = {value}\n"
        )

    yield install_
    for module in [name for name in sys.modules if name.startswith("plug_")]:
        del sys.modules[module]


def test_the_built_in_types_come_in_the_order_of_the_catalogue():
    names = list(load_registry())
    assert names[:6] == ["parchment", "enso", "sigil", "giraffe", "kangaroo", "directed_enso"]


def test_a_registry_is_an_ordered_mapping(sketches):
    registry = sketches.load_sketches()
    assert list(registry) == [spec.name for spec in registry.specs()]
    assert len(registry) == 3
    assert "grain" in registry
    assert "parchment" not in registry
    assert registry.get("grain").spec.name == "grain"
    with pytest.raises(UnknownAssetType, match="'parchment'") as caught:
        registry.get("parchment")
    assert caught.value.name == "parchment"


def test_a_plug_in_may_be_a_class_or_an_instance(install):
    install(GOOD, "plug_class:Dot", "classy")
    install(GOOD.replace('"dot"', '"point"') + "point = Dot()\n", "plug_object:point", "objective")
    registry = with_plug_ins([Enso()])
    assert list(registry) == ["enso", "dot", "point"]


def test_a_plug_in_that_takes_a_built_in_name_is_refused(install):
    install(GOOD.replace('"dot"', '"enso"'), "plug_thief:Dot")
    with pytest.raises(RegistryError) as caught:
        with_plug_ins([Enso()])
    message = str(caught.value)
    assert "plug-in 'inkpots_point' (plug_thief:Dot) of inkpots 2.5: " in message
    assert "generators.enso.Enso and plug_thief.Dot both take the name 'enso'" in message


@pytest.mark.parametrize(
    ("source", "value", "reason"),
    [
        ("import nowhere", "plug_a:Dot", "ModuleNotFoundError: No module named 'nowhere'"),
        ("raise SystemExit(4)", "plug_b:Dot", "SystemExit: 4"),
        (GOOD, "plug_c:Blot", "AttributeError: module 'plug_c' has no attribute 'Blot'"),
        ("def dot(): pass", "plug_d:dot", "its `spec` is None, not a Spec"),
        (GOOD.replace("render", "paint"), "plug_e:Dot", "it cannot `render`"),
        (
            GOOD.replace('"1", Parameters', '"1", dict'),
            "plug_f:Dot",
            "not a subclass of Parameters",
        ),
        (
            GOOD.replace(
                "class Dot", "class Seeded(Parameters):\n    seed: int = 0\nclass Dot"
            ).replace('"1", Parameters', '"1", Seeded'),
            "plug_i:Dot",
            "take names that every image's have: seed",
        ),
        (GOOD.replace('"dot"', '"Dot!"'), "plug_g:Dot", "generator name 'Dot!' does not match"),
        (GOOD + "    def __init__(self, size): pass", "plug_h:Dot", "TypeError: "),
    ],
)
def test_a_broken_plug_in_is_named_with_its_fault(install, source, value, reason):
    install(dedent(source), value)
    with pytest.raises(RegistryError) as caught:
        with_plug_ins([])
    message = str(caught.value)
    assert message.startswith(f"plug-in 'inkpots_point' ({value}) of inkpots 2.5: ")
    assert reason in message


def test_two_generators_of_one_name_are_refused():
    with pytest.raises(RegistryError, match="both take the name 'enso'"):
        Registry((Enso(), Enso()))
