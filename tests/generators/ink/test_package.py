"""The toolkit's face is complete, and its example draws."""

import inspect
import re
import textwrap

import numpy as np
import pytest

from generators import ink
from generators.generator import GradientMap


def test_every_public_name_exists_and_is_documented():
    for name in ink.__all__:
        tool = getattr(ink, name)
        assert not (inspect.isfunction(tool) or inspect.isclass(tool)) or tool.__doc__, name


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(\w+)`", ink.__doc__))))
def test_every_tool_of_the_overview_is_public(name):
    assert name in ink.__all__


def test_the_example_of_the_overview_draws_a_picture():
    code = textwrap.dedent(re.search(r"(?s)\n\n(    rng = .*?)\n\n", ink.__doc__)[1])
    names = {name: getattr(ink, name) for name in ink.__all__}
    names |= {"seed": 7, "np": np, "GradientMap": GradientMap}
    exec(code, names)  # noqa: S102 - the documentation's own code
    assert names["picture"].image().size == (600, 800)
    assert names["picture"].field.max() > 200
