"""What is written is what the library would write, in the format that was asked for, but sooner."""

import math
import time

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import generate_latest as plain_by_library
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_by_library
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitoring import new_registry, render

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
ODD = 'a "quoted" back\\slash\nand ünïcode 🎨'


@pytest.fixture
def registry():
    """A registry with every type of series, and everything in it that has to be escaped."""
    registry = new_registry()
    counter = Counter("ink_drops", ODD, ("ink",), registry=registry)
    counter.labels(ODD).inc(3, {"request_id": ODD})
    counter.labels("").inc(1e21)
    gauge = Gauge("ink_level", "Level.", ("ink",), registry=registry)
    for value in (math.inf, -math.inf, math.nan, -0.5, 1e-9, 123456789.0):
        gauge.labels(str(value)).set(value)
    histogram = Histogram("stroke_seconds", "Duration.", registry=registry, buckets=(0.05, 0.1, 10))
    histogram.observe(0.05, {"request_id": "abc"})
    histogram.observe(99)
    Info("brush", "The brush.", registry=registry).info({"hair": "goat"})
    return registry


def told(families):
    """Return all that families tell; NaN is made comparable."""
    return [
        (
            family.name,
            family.type,
            family.documentation,
            [
                (sample.name, sample.labels, str(sample.value), sample.exemplar)
                for sample in family.samples
            ],
        )
        for family in families
    ]


def test_plain_text_says_what_the_library_would(registry):
    body, content_type = render(registry, "")
    assert content_type == PLAIN
    assert told(parse_text(body.decode())) == told(parse_text(plain_by_library(registry).decode()))


def test_openmetrics_says_what_the_library_would(registry):
    body, content_type = render(registry, "application/openmetrics-text")
    assert content_type == OPENMETRICS
    assert told(parse_openmetrics(body.decode())) == told(
        parse_openmetrics(openmetrics_by_library(registry).decode())
    )


def test_an_empty_registry_is_a_valid_answer():
    assert render(CollectorRegistry(), "application/openmetrics-text")[0] == b"# EOF\n"
    assert not list(parse_text(render(CollectorRegistry(), "")[0].decode()))


def test_nothing_tells_when_it_was_created(registry):
    assert b"_created" not in render(registry, "")[0]
    assert b"_created" not in render(registry, "application/openmetrics-text")[0]


PROMETHEUS_2_5 = (
    "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
    "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    "accept",
    [
        PROMETHEUS_2_5,
        PROMETHEUS_2,
        PROMETHEUS_3,
        "application/openmetrics-text",
        "Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8",
        "text/plain, application/openmetrics-text",
        "*/*;q=0.1, application/openmetrics-text;q=0.2",
    ],
)
def test_openmetrics_is_written_for_those_who_want_it_most(registry, accept):
    assert render(registry, accept)[1] == OPENMETRICS


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "text/plain;q=1, application/openmetrics-text;q=0.5",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text; version=9.9",
        "application/openmetrics-text; version=abc",
        "text/plain; version=x",
        "application/openmetrics-text; q=high",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
        ";;,,;q=,=;\x85\udcff",
    ],
)
def test_everybody_else_gets_plain_text(registry, accept):
    assert render(registry, accept)[1] == PLAIN


def test_writing_takes_less_than_the_library_does(registry):
    wide = Histogram("wide_seconds", "Wide.", ("kind",), registry=registry, buckets=range(1, 20))
    for kind in range(30):
        wide.labels(str(kind))
    ours = least_cpu_seconds(lambda: render(registry, "application/openmetrics-text"))
    assert ours < least_cpu_seconds(lambda: openmetrics_by_library(registry))


def least_cpu_seconds(work):
    def once():
        started = time.thread_time()
        work()
        return time.thread_time() - started

    return min(once() for _ in range(10))
