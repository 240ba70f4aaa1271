"""Every part of a picture has a stream of its own, the same in every process."""

import numpy as np
import pytest

from generators.generator import MAX_SEED
from generators.ink import stream


def test_a_part_draws_the_same_again():
    assert stream(7, "splatter").random() == stream(7, "splatter").random()


def test_parts_and_seeds_draw_differently():
    drawn = {stream(seed, part).random() for seed in (0, 1, MAX_SEED) for part in ("a", "b", "c")}
    assert len(drawn) == 9


def test_the_streams_are_those_that_pictures_were_published_with():
    assert stream(7, "splatter").integers(0, 2**32, 3).tolist() == PUBLISHED


@pytest.mark.parametrize("seed", [0, MAX_SEED])
def test_the_range_of_seeds_has_no_edge(seed):
    assert np.isfinite(stream(seed, "x").standard_normal())


PUBLISHED = [3536486202, 1429652564, 887079949]
