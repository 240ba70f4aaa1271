"""A small vocabulary for the PromQL of the dashboards.

Every selector asks for the job and the instance chosen on the dashboard, and every rate is over
`$__rate_interval`: four scrapes at least, and more when a pixel stands for more.
"""

from __future__ import annotations

_CHOSEN = ('job=~"$job"', 'instance=~"$instance"')
_CHOSEN_TYPE = 'asset_type=~"$asset_type"'


def series(name: str, *matchers: str) -> str:
    """Return a selector of `nanobanana_<name>` with further matchers, such as `tier="disk"`."""
    return f"nanobanana_{name}{{{', '.join((*_CHOSEN, *matchers))}}}"


def of_type(name: str, *matchers: str) -> str:
    """Return a selector of a series that has an asset type: of the types chosen."""
    return series(name, _CHOSEN_TYPE, *matchers)


def rate(selector: str) -> str:
    """Return the growth of a counter per second."""
    return f"rate({selector}[$__rate_interval])"


def per_minute(selector: str) -> str:
    """Return the growth of a counter per minute, for what happens now and then."""
    return f"60 * {rate(selector)}"


def increase(selector: str) -> str:
    """Return how much a counter grew in the last `$__rate_interval`, about."""
    return f"increase({selector}[$__rate_interval])"


def increase_in_range(selector: str) -> str:
    """Return how much a counter grew in the whole time that the dashboard shows."""
    return f"increase({selector}[$__range])"


def sum_by(expression: str, *labels: str) -> str:
    """Return the sum for each combination of these labels; of everything where there is none."""
    return f"sum by ({', '.join(labels)}) ({expression})" if labels else f"sum({expression})"


def ratio(part: str, whole: str) -> str:
    """Return part / whole; nothing, rather than NaN, where the whole is 0."""
    return f"{part}\n/ ({whole} > 0)"


def quantile(q: float, buckets: str, *labels: str) -> str:
    """Return the q-quantile of a histogram for each combination of labels.

    Args:
        q: from 0 to 1.
        buckets: a selector of its `_bucket` series.
    """
    return f"histogram_quantile({q}, {sum_by(rate(buckets), *labels, 'le')})"


def hit_ratio(*labels: str) -> str:
    """Return the share of lookups that hit, as alerts judge it: hits / (hits + misses)."""
    hits = sum_by(rate(of_type("cache_hits_total")), *labels)
    misses = sum_by(rate(of_type("cache_misses_total")), *labels)
    return ratio(hits, f"({hits} + {misses})")
