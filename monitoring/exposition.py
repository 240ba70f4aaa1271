"""The text that Prometheus reads, in the format it asks for.

Both formats are written here: the library's writers look at every character of every name again
for each sample, and take three times as long, during which requests wait for the interpreter.
Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ and OpenMetrics 1.0.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.core import Exemplar
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

_OPENMETRICS = "application/openmetrics-text"
# Before 1.0.0 there was a draft, which Prometheus once asked for alone; what is written is both.
_VERSIONS = ("1.0.0", "0.0.1")
_PLAIN = ("text/plain", "text/*", "*/*")

# What OpenMetrics tells apart by type, plain text by name (type there, ending of the name).
_IN_PLAIN_TEXT = {"counter": ("counter", "_total"), "info": ("gauge", "_info")}

_NON_FINITE = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}


def new_registry() -> CollectorRegistry:
    """Return an empty registry whose series carry no `_created` companions.

    Those would be one more series per child and are of no use to a server that scrapes every few
    seconds; the library offers the choice for the whole process only.
    """
    disable_created_metrics()
    return CollectorRegistry(auto_describe=False)


def render(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Return the body and the content type for an Accept header: OpenMetrics or plain text.

    Takes milliseconds: call it in a thread, not on the event loop.
    """
    if _prefers_openmetrics(accept):
        return _text(_openmetrics_lines(registry)), CONTENT_TYPE_LATEST
    return _text(_plain_lines(registry)), CONTENT_TYPE_PLAIN_0_0_4


def _prefers_openmetrics(accept: str) -> bool:
    """Return whether OpenMetrics is asked for by name, and nothing plain is wanted more."""
    qualities = {_OPENMETRICS: 0.0}
    for item in accept.split(","):
        media_type, *rest = (part.strip().lower() for part in item.split(";"))
        parameters = dict(part.partition("=")[::2] for part in rest)
        if media_type == _OPENMETRICS and parameters.get("version", "1.0.0") not in _VERSIONS:
            continue
        quality = _quality(parameters.get("q", "1"))
        qualities[media_type] = max(quality, qualities.get(media_type, 0.0))
    plain = next((qualities[each] for each in _PLAIN if each in qualities), 0.0)
    return qualities[_OPENMETRICS] > 0 and qualities[_OPENMETRICS] >= plain


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _text(lines: Iterator[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _openmetrics_lines(registry: CollectorRegistry) -> Iterator[str]:
    for metric in registry.collect():
        yield f"# HELP {metric.name} {_escaped(metric.documentation)}"
        yield f"# TYPE {metric.name} {metric.type}"
        for name, labels, value, _, exemplar, *_ in metric.samples:
            line = f"{name}{_labels(labels)} {_number(value)}"
            yield line if exemplar is None else f"{line} # {_exemplar(exemplar)}"
    yield "# EOF"


def _plain_lines(registry: CollectorRegistry) -> Iterator[str]:
    for metric in registry.collect():
        kind, ending = _IN_PLAIN_TEXT.get(metric.type, (metric.type, ""))
        # Here a quotation mark stands for itself, other than in OpenMetrics.
        documentation = _escaped(metric.documentation).replace(r"\"", '"')
        yield f"# HELP {metric.name}{ending} {documentation}"
        yield f"# TYPE {metric.name}{ending} {kind}"
        for name, labels, value, *_ in metric.samples:
            yield f"{name}{_labels(labels)} {_number(value)}"


def _labels(labels: dict[str, str]) -> str:
    return _written(tuple(labels.items())) if labels else ""


# The labels of a series are the same at every scrape, and few: no caller can add any.
@functools.lru_cache(maxsize=8192)
def _written(labels: tuple[tuple[str, str], ...]) -> str:
    pairs = ",".join([f'{name}="{_escaped(value)}"' for name, value in labels])
    return f"{{{pairs}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    text = repr(float(value))
    return _NON_FINITE.get(text, text)


def _exemplar(exemplar: Exemplar) -> str:
    labels = _written.__wrapped__(tuple(exemplar.labels.items()))  # of one request each
    text = f"{labels} {_number(exemplar.value)}"
    return text if exemplar.timestamp is None else f"{text} {exemplar.timestamp}"
