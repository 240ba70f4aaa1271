"""`nanobanana render`: draw one picture into a file, without a server."""

from __future__ import annotations

import argparse
from pathlib import Path

from generators import (
    MAX_SEED,
    MAX_WIDTH,
    MIN_WIDTH,
    Format,
    GeneratorsError,
    Order,
    Parameters,
    PromptParameters,
    Spec,
    load_registry,
    use_one_blas_thread,
)
from generators.director import LOCAL_MODEL, LocalDirector
from generators.workers import Failed, draw

from ..errors import CommandFailed, UsageError
from ..queries import validated

_BY_ENDING = {
    ".png": Format.PNG,
    ".webp": Format.WEBP,
    ".avif": Format.AVIF,
    ".jpeg": Format.JPEG,
    ".jpg": Format.JPEG,
}


def render(options: argparse.Namespace) -> int:
    """Draw the picture that the arguments ask for."""
    output = Path(options.output)
    file_format = _format(output)
    if not 0 <= options.seed <= MAX_SEED:
        raise UsageError(f"--seed {options.seed}: must be from 0 to {MAX_SEED}")
    if options.width is not None and not MIN_WIDTH <= options.width <= MAX_WIDTH:
        raise UsageError(f"--width {options.width}: must be from {MIN_WIDTH} to {MAX_WIDTH}")
    try:
        registry = load_registry()
    except GeneratorsError as error:
        raise CommandFailed(str(error)) from error
    if options.asset_type not in registry:
        raise UsageError(
            f"there is no asset type {options.asset_type!r}; there are: {', '.join(registry)}"
        )
    spec = registry.get(options.asset_type).spec
    if not file_format.holds(spec.mode):
        raise UsageError(f"--output {output}: {file_format} has no transparency, {spec.name} has")
    parameters = _parameters(spec, options.parameters)
    use_one_blas_thread()
    order = Order(spec.name, parameters, options.seed, file_format, options.width)
    drawn = draw(registry, order)
    if isinstance(drawn, Failed):
        raise CommandFailed(f"{spec.name} failed: {drawn.summary.splitlines()[0]}")
    try:
        output.write_bytes(drawn.body)
    except OSError as error:
        raise CommandFailed(f"cannot write {output}: {error.strerror}") from error
    return 0


def _format(output: Path) -> Format:
    try:
        return _BY_ENDING[output.suffix.lower()]
    except KeyError:
        endings = ", ".join(_BY_ENDING)
        raise UsageError(f"--output {output}: the name must end in one of {endings}") from None


def _parameters(spec: Spec, assignments: list[str]) -> Parameters:
    given: dict[str, str] = {}
    for assignment in assignments:
        name, separator, value = assignment.partition("=")
        if not separator:
            raise UsageError(f"-p {assignment}: must be name=value")
        if name in given:
            raise UsageError(f"-p {assignment}: {name} is given more than once")
        given[name] = value
    parameters, errors = validated(spec.parameters, given)
    if parameters is None:
        raise UsageError("; ".join(f"-p {name}: {reason}" for name, reason in errors))
    return _directed(parameters) if isinstance(parameters, PromptParameters) else parameters


def _directed(asked: PromptParameters) -> Parameters:
    # Without a server there is no provider to ask: the embedded director decides.
    if asked.model not in {None, LOCAL_MODEL}:
        raise UsageError(f"-p model={asked.model}: only {LOCAL_MODEL} directs without a service")
    return LocalDirector().direct(asked.prompt)
