"""Generations and revalidations are counted, timed and measured as they are reported."""

import pytest

from generators import (
    Format,
    GenerationOutcome,
    GenerationReport,
    Parameters,
    PoolReport,
    Spec,
)
from monitoring import (
    GenerationInstruments,
    PoolCollector,
    RevalidationInstruments,
    new_registry,
    publish_build_info,
)

SPECS = (
    Spec("stone", "A stone", 8, 8, "RGB", "1", Parameters),
    Spec("veil", "A veil", 8, 8, "RGBA", "1", Parameters),
)


def nobody():
    """Nobody's request is the one that a report is about."""


@pytest.fixture
def registry():
    return new_registry()


def values(registry):
    """Return all samples but buckets, by name and labels."""
    return {
        (sample.name.removeprefix("nanobanana_"), *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
        if "le" not in sample.labels
    }


def test_every_label_set_exists_at_0_but_for_files_that_cannot_be(registry):
    GenerationInstruments(registry, SPECS, nobody)
    zero = values(registry)
    assert set(zero.values()) == {0}
    expected = {
        *(
            ("generations_total", spec.name, outcome.value)
            for spec in SPECS
            for outcome in GenerationOutcome
        ),
        *(
            (f"generation_duration_seconds_{part}", spec.name, stage)
            for part in ("count", "sum")
            for spec in SPECS
            for stage in ("queue", "render", "encode")
        ),
        *(
            (f"generation_output_bytes_{part}", spec.name, file_format.value)
            for part in ("count", "sum")
            for spec in SPECS
            for file_format in Format
            if (spec.name, file_format) != ("veil", Format.JPEG)
        ),
    }
    assert zero.keys() == expected


def test_a_drawing_is_counted_timed_and_measured(registry):
    GenerationInstruments(registry, SPECS, nobody).finished(
        GenerationReport("veil", Format.WEBP, GenerationOutcome.OK, 0.5, 0.25, 0.125, 1024)
    )
    told = {key: value for key, value in values(registry).items() if value}
    assert told == {
        ("generations_total", "veil", "ok"): 1,
        ("generation_duration_seconds_count", "veil", "queue"): 1,
        ("generation_duration_seconds_sum", "veil", "queue"): 0.5,
        ("generation_duration_seconds_count", "veil", "render"): 1,
        ("generation_duration_seconds_sum", "veil", "render"): 0.25,
        ("generation_duration_seconds_count", "veil", "encode"): 1,
        ("generation_duration_seconds_sum", "veil", "encode"): 0.125,
        ("generation_output_bytes_count", "veil", "webp"): 1,
        ("generation_output_bytes_sum", "veil", "webp"): 1024,
    }


def test_what_was_not_drawn_has_waited_only(registry):
    GenerationInstruments(registry, SPECS, nobody).finished(
        GenerationReport("stone", Format.PNG, GenerationOutcome.TIMEOUT, 10.0)
    )
    told = {key: value for key, value in values(registry).items() if value}
    assert told == {
        ("generations_total", "stone", "timeout"): 1,
        ("generation_duration_seconds_count", "stone", "queue"): 1,
        ("generation_duration_seconds_sum", "stone", "queue"): 10.0,
    }


def test_the_pool_is_read_when_scraped(registry):
    reports = [PoolReport(4, 3, 2, 5, {"veil": 2})]
    registry.register(PoolCollector(lambda: reports[-1], ["stone", "veil"]))
    assert values(registry) == {
        ("generations_in_progress", "stone"): 0,
        ("generations_in_progress", "veil"): 2,
        ("generation_queue_length",): 5,
        ("generation_workers",): 3,
        ("generation_workers_busy",): 2,
    }
    reports.append(PoolReport(4, 4, 0, 0, {}))
    assert values(registry)["generations_in_progress", "veil"] == 0


def test_revalidations_are_counted_by_type(registry):
    instruments = RevalidationInstruments(registry, ["stone", "veil"])
    instruments.revalidated("veil")
    assert values(registry) == {
        ("cache_revalidated_total", "stone"): 0,
        ("cache_revalidated_total", "veil"): 1,
    }


def test_the_build_is_told(registry):
    publish_build_info(registry, "1.2.3", "3.11.7")
    assert values(registry) == {("build_info", "1.2.3", "3.11.7"): 1}
