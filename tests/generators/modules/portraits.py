"""Pictures of every built-in type. As a program: draws those types named, prints the hashes."""

import hashlib
import json
import sys

from generators import encode, load_registry, use_one_blas_thread
from generators.director import Direction
from generators.encode import Format

SEEDS = (7, 9, 13, 29)

_REGISTRY = load_registry()
use_one_blas_thread()  # as every worker and command does before it draws
_DIRECTION = Direction(color="#983024", complexity=80, chaos=1.8, text_overlay="burning rage")


def spec_of(name):
    """Return the specification of a type."""
    return _REGISTRY.get(name).spec


def portrait(name, seed=SEEDS[0]):
    """Return the picture of a type at its defaults."""
    generator = _REGISTRY.get(name)
    directed = name == "directed_enso"
    return generator.render(_DIRECTION if directed else generator.spec.parameters(), seed)


def digests(names, seeds=SEEDS):
    """Return the SHA-256 of the PNG file of every type and seed, drawn in the order of `names`."""
    return {
        f"{name} {seed}": hashlib.sha256(encode(portrait(name, seed), Format.PNG, None)).hexdigest()
        for name in names
        for seed in seeds
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digests(sys.argv[1:])))
