"""HTTP exchanges are counted under labels that were there from the start, and under no others."""

import threading

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from monitoring import HttpSeries, Rejection, Route, new_registry, render

IMAGES = ("/generate/{asset_type}", "/generate/directed/enso")
PAGES = (Route("/"), Route("/clear", methods=("GET", "POST"), codes=(200, 403)))


class Book:
    """A `HttpSeries` and what it says."""

    def __init__(self):
        self.in_progress = 0
        self.series = HttpSeries(lambda: self.in_progress, IMAGES, PAGES)
        self._registry = new_registry()
        self._registry.register(self.series)

    def answered(self, method="GET", route="/", code=200, cache="none", seconds=0.01, id_="abc"):
        self.series.answered(method, route, code, cache, seconds, id_, 1_700_000_000.5)

    def samples(self):
        text = render(self._registry, "application/openmetrics-text")[0].decode()
        return [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def values(self, name):
        """Return the values of `nanobanana_http_<name>` that are not 0, by their labels."""
        return {
            tuple(sample.labels.values()): sample.value
            for sample in self.samples()
            if sample.name == f"nanobanana_http_{name}" and sample.value
        }


@pytest.fixture
def book():
    return Book()


def test_everything_is_there_at_0_from_the_start(book):
    samples = book.samples()
    assert {sample.value for sample in samples} == {0}
    labels = [
        sample.labels for sample in samples if sample.name == "nanobanana_http_requests_total"
    ]
    for method in ("GET", "HEAD"):
        for code in (200, 304, 400, 404, 414, 500, 502, 503, 504):
            for route in IMAGES:
                assert {"method": method, "route": route, "code": str(code)} in labels
    assert {"method": "POST", "route": "/clear", "code": "403"} in labels
    reasons = [
        sample.labels["reason"]
        for sample in samples
        if sample.name == "nanobanana_http_rejected_total"
    ]
    assert reasons == [reason.value for reason in Rejection]


def test_exchanges_are_counted_and_timed_by_their_labels(book):
    book.answered(route=IMAGES[0], cache="hit", seconds=0.002)
    book.answered(route=IMAGES[0], cache="hit", seconds=0.003)
    book.answered(route=IMAGES[1], code=504, cache="none", seconds=10)
    assert book.values("requests_total") == {
        ("GET", IMAGES[0], "200"): 2,
        ("GET", IMAGES[1], "504"): 1,
    }
    assert book.values("request_duration_seconds_count") == {
        (IMAGES[0], "hit"): 2,
        (IMAGES[1], "none"): 1,
    }
    assert book.values("request_duration_seconds_sum") == {
        (IMAGES[0], "hit"): 0.005,
        (IMAGES[1], "none"): 10,
    }


def test_a_bound_belongs_to_the_bucket_below_it(book):
    for seconds in (0.05, 0.1, 0.5):
        book.answered(seconds=seconds)
    buckets = {
        bound: value
        for (route, cache, bound), value in book.values("request_duration_seconds_bucket").items()
        if (route, cache) == ("/", "none")
    }
    assert (buckets["0.05"], buckets["0.1"], buckets["0.5"], buckets["+Inf"]) == (1, 2, 3, 3)
    assert "0.01" not in buckets


def test_the_latest_request_of_a_bucket_is_its_exemplar(book):
    book.answered(seconds=0.03, id_="first")
    book.answered(seconds=0.04, id_="second")
    book.answered(seconds=30, id_="x" * 64)
    exemplars = [sample.exemplar for sample in book.samples() if sample.exemplar]
    assert [
        (each.labels["request_id"], each.value, float(each.timestamp)) for each in exemplars
    ] == [
        ("second", 0.04, 1_700_000_000.5),
        ("x" * 64, 30, 1_700_000_000.5),
    ]


def test_what_nobody_prepared_for_is_counted_without_a_new_series(book):
    before = [(sample.name, sample.labels) for sample in book.samples()]
    book.answered(method="BREW", route="unmatched", code=405)
    book.answered(method="BREW", route="/", code=418)
    book.answered(method="GET", route="/nowhere", code=200, cache="hit")
    assert [(sample.name, sample.labels) for sample in book.samples()] == before
    assert book.values("requests_total") == {
        ("other", "unmatched", "405"): 1,
        ("other", "unmatched", "other"): 2,
    }
    assert book.values("request_duration_seconds_count") == {
        ("unmatched", "none"): 2,
        ("/", "none"): 1,
    }


def test_rejections_and_requests_in_progress_are_told(book):
    book.series.rejected(Rejection.QUEUE_FULL)
    book.in_progress = 3
    assert book.values("rejected_total") == {("queue_full",): 1}
    assert book.values("requests_in_progress") == {(): 3}


def test_scrapes_are_sound_while_requests_are_counted(book):
    stop = threading.Event()
    problems = []

    def scrape():
        latest = 0
        while not stop.is_set():
            buckets = [
                sample.value
                for sample in book.samples()
                if sample.name.endswith("_bucket") and sample.labels["route"] == "/"
            ]
            count = next(
                sample.value
                for sample in book.samples()
                if sample.name.endswith("_seconds_count") and sample.labels["route"] == "/"
            )
            if buckets != sorted(buckets) or not latest <= buckets[-1] <= count:
                problems.append((buckets, latest, count))
            latest = buckets[-1]

    threads = [threading.Thread(target=scrape) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20_000):
        book.answered(seconds=number % 100 / 100, id_=str(number))
    stop.set()
    for thread in threads:
        thread.join()
    assert not problems
    assert book.values("requests_total") == {("GET", "/", "200"): 20_000}
