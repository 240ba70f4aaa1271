"""The generators there are: ours, then those that installed packages add by entry point.

A package adds an asset type by naming a generator, or a class of one, in its metadata:

    [project.entry-points."nanobanana.generators"]
    nebula = "my_package.nebula:Nebula"
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from .errors import RegistryError, UnknownAssetType
from .generator import RESERVED_PARAMETERS, AnyGenerator, Parameters, Spec

ENTRY_POINT_GROUP = "nanobanana.generators"

# (module of this package, class), in the order of the catalogue.
_BUILT_IN = (
    ("parchment", "Parchment"),
    ("enso", "Enso"),
    ("sigil", "Sigil"),
    ("giraffe", "Giraffe"),
    ("kangaroo", "Kangaroo"),
    ("directed", "DirectedEnso"),
)


class Registry:
    """An immutable, ordered mapping of asset type to generator; iterates over the names.

    Raises:
        RegistryError: a generator has the wrong shape, or two have the same name.
    """

    def __init__(self, generators: Iterable[AnyGenerator]) -> None:
        self._generators: dict[str, AnyGenerator] = {}
        for generator in generators:
            name = _checked_spec(generator).name
            if name in self._generators:
                raise RegistryError(
                    f"{_class_name(self._generators[name])} and {_class_name(generator)} "
                    f"both take the name {name!r}"
                )
            self._generators[name] = generator

    def get(self, name: str) -> AnyGenerator:
        """Return the generator of `name`.

        Raises:
            UnknownAssetType: there is none.
        """
        try:
            return self._generators[name]
        except KeyError:
            raise UnknownAssetType(name) from None

    def specs(self) -> tuple[Spec, ...]:
        """Return the specification of every generator, in order."""
        return tuple(generator.spec for generator in self._generators.values())

    def __contains__(self, name: object) -> bool:
        return name in self._generators

    def __iter__(self) -> Iterator[str]:
        return iter(self._generators)

    def __len__(self) -> int:
        return len(self._generators)


def load_registry() -> Registry:
    """Return the built-in generators and, after them, those of installed plug-ins.

    Raises:
        RegistryError: as `with_plug_ins`.
    """
    return with_plug_ins(_built_in())


def with_plug_ins(generators: Iterable[AnyGenerator]) -> Registry:
    """Return `generators` and, after them, the plug-ins in the order of their entry points' names.

    Raises:
        RegistryError: a plug-in cannot be imported, has the wrong shape or takes a name that is
            taken; the message names its entry point, its distribution and what is wrong.
    """
    registry = Registry(generators)
    for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.name):
        try:
            loaded = entry_point.load()
            generator = loaded() if isinstance(loaded, type) else loaded
            registry = Registry((*map(registry.get, registry), generator))
        except (Exception, SystemExit) as error:  # whatever a stranger's module does at import
            raise RegistryError(f"{_origin(entry_point)}: {_reason(error)}") from error
    return registry


def _built_in() -> Iterator[AnyGenerator]:
    for module_name, class_name in _BUILT_IN:
        yield getattr(import_module(f".{module_name}", __package__), class_name)()


def _checked_spec(generator: AnyGenerator) -> Spec:
    spec = getattr(generator, "spec", None)
    if not isinstance(spec, Spec):
        raise RegistryError(
            f"{_class_name(generator)} is no generator: its `spec` is {spec!r}, not a Spec"
        )
    if not callable(getattr(generator, "render", None)):
        raise RegistryError(f"{_class_name(generator)} is no generator: it cannot `render`")
    if not (isinstance(spec.parameters, type) and issubclass(spec.parameters, Parameters)):
        raise RegistryError(
            f"the parameters of {spec.name!r} are {spec.parameters!r}, not a subclass of Parameters"
        )
    taken = RESERVED_PARAMETERS & spec.parameters.model_fields.keys()
    if taken:
        raise RegistryError(
            f"the parameters of {spec.name!r} take names that every image's have: "
            f"{', '.join(sorted(taken))}"
        )
    return spec


def _class_name(generator: AnyGenerator) -> str:
    return f"{type(generator).__module__}.{type(generator).__qualname__}"


def _origin(entry_point: EntryPoint) -> str:
    distribution = entry_point.dist
    of = f" of {distribution.name} {distribution.version}" if distribution else ""
    return f"plug-in {entry_point.name!r} ({entry_point.value}){of}"


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, RegistryError) else f"{type(error).__name__}: {error}"
