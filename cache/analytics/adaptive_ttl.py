"""The TTL that follows the traffic: a step at a time, around the one that was configured."""

from __future__ import annotations

from .analysis import Analysis, Diagnosis

# A step changes the TTL by a tenth at most, and never takes it out of these multiples.
_STEP = 1.1
_LEAST, _MOST = 0.5, 4.0

# Lengthening must be predicted to gain a point at up to four times the TTL; shortening, to cost
# next to nothing at half of it, while lengthening would gain less than a point. With ratios that
# never fall as the TTL rises no step is then followed by one back, because
# _GAIN_TO_LENGTHEN > _GAIN_TO_SHORTEN + _LOSS_TO_SHORTEN: what a step back would have to find
# gained or lost lies between the points that the step itself looked at.
_GAIN_TO_LENGTHEN = 0.01
_GAIN_TO_SHORTEN = 0.007
_LOSS_TO_SHORTEN = 0.002

_UNSURE = (Diagnosis.LOW_VOLUME, Diagnosis.NOT_CACHING)


def next_ttl(configured_seconds: float, present_seconds: float, analysis: Analysis) -> float:
    """Return the TTL to set for the next period, in seconds.

    It grows while keys are asked for again after they have expired, that is, while a longer TTL is
    predicted to hit more, and shrinks where entries die unused, that is, where a shorter one is
    predicted to hit as much; within [0.5, 4] times the configured one, by a tenth at most. It stays
    where the traffic is too little to say, or the cache keeps nothing.

    Args:
        configured_seconds: what the operator set; infinity, for ever, is left alone.
        present_seconds: what is set now, which `analysis` is of.
    """
    least, most = _LEAST * configured_seconds, _MOST * configured_seconds
    if analysis.diagnosis in _UNSURE or present_seconds != analysis.ttl_seconds:
        return min(max(present_seconds, least), most)
    predicted = analysis.predicted_by_ttl
    gain = max(predicted["2x"], predicted["4x"]) - predicted["1x"]
    loss = predicted["1x"] - predicted["0.5x"]
    if gain >= _GAIN_TO_LENGTHEN:
        return min(max(present_seconds * _STEP, least), most)
    if analysis.expirations and loss <= _LOSS_TO_SHORTEN and gain <= _GAIN_TO_SHORTEN:
        return min(max(present_seconds / _STEP, least), most)
    return min(max(present_seconds, least), most)
