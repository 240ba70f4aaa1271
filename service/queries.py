"""Query strings into validated models: strict, and naming every parameter that is wrong."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from .problems import ParameterError, Problem, bad_parameters

MAX_QUERY_BYTES = 8192
MAX_PARAMETERS = 100

M = TypeVar("M", bound=BaseModel)

# How a number is written; pydantic alone would also take " 5", "1_000" and, for 5, "5.0".
_NUMBERS = {
    "integer": re.compile(r"-?[0-9]+"),
    "number": re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"),
}


class NoParameters(BaseModel):
    """The parameters of a path that takes none."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Query(NamedTuple):
    """The parameters of a query, percent-decoded, and what is wrong with its form."""

    parameters: dict[str, str]
    errors: list[ParameterError]


def parse_query(raw_query: str) -> Query:
    """Return what a raw query string says; a parameter that is given twice is an error.

    Raises:
        Problem: 414 for a query that is too long; 400 for one with too many parameters.
    """
    if len(raw_query) > MAX_QUERY_BYTES:
        raise Problem(
            HTTPStatus.REQUEST_URI_TOO_LONG, f"A query may have {MAX_QUERY_BYTES} bytes at most."
        )
    if raw_query.count("&") >= MAX_PARAMETERS:
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"A query may have {MAX_PARAMETERS} parameters at most."
        )
    # What is no UTF-8 becomes lone surrogates, which nothing else does: UTF-8 has none.
    pairs = parse_qsl(raw_query, keep_blank_values=True, errors="surrogateescape")
    parameters: dict[str, str] = {}
    errors = []
    for name, value in ((_printable(name), _printable(value)) for name, value in pairs):
        if name in parameters:
            errors.append(ParameterError(name, "is given more than once"))
        parameters[name] = value
    errors += [
        ParameterError(_printable(name), "is not percent-encoded UTF-8")
        for name, value in pairs
        if (_printable(name), _printable(value)) != (name, value)
    ]
    return Query(parameters, errors)


def _printable(text: str) -> str:
    """Return `text` with every lone surrogate replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def validated(
    model: type[M], parameters: Mapping[str, str]
) -> tuple[M | None, list[ParameterError]]:
    """Return the model of `parameters`, or None with what is wrong with each."""
    numbers = _numbers_of(model)
    # No number at all is what pydantic makes of an empty text, and what it then says fits.
    written = {
        name: value if name not in numbers or numbers[name].fullmatch(value) else ""
        for name, value in parameters.items()
    }
    try:
        return model.model_validate(written), []
    except ValidationError as error:
        return None, parameter_errors(error)


@functools.cache
def _numbers_of(model: type[BaseModel]) -> dict[str, re.Pattern[str]]:
    """Return how each parameter is written that takes a number and nothing else."""
    patterns = {}
    for name, schema in model.model_json_schema()["properties"].items():
        kinds = {choice.get("type") for choice in schema.get("anyOf", [schema])} - {"null"}
        if kinds <= _NUMBERS.keys():
            patterns[name] = _NUMBERS["number" if "number" in kinds else "integer"]
    return patterns


def parameter_errors(error: ValidationError) -> list[ParameterError]:
    """Return what is wrong with each parameter, in words for a caller."""
    return [
        ParameterError(
            str(detail["loc"][0]) if detail["loc"] else "query",
            "is not a parameter here"
            if detail["type"] == "extra_forbidden"
            else detail["msg"].removeprefix("Value error, "),
        )
        for detail in error.errors(include_url=False, include_context=False)
    ]


def checked_query(model: type[M], raw_query: str) -> M:
    """Return the model of a raw query string.

    Raises:
        Problem: as `parse_query`, and 400 naming every bad parameter.
    """
    query = parse_query(raw_query)
    parameters, errors = validated(model, query.parameters)
    if parameters is None or query.errors:
        raise bad_parameters([*query.errors, *errors])
    return parameters
