"""The reference: the OpenAPI document as a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from .page import Page, html_page

Json = Mapping[str, Any]

# Until the page's script knows better: where `make run` serves.
_ORIGIN = '<span class="origin">http://127.0.0.1:8001</span>'

# What an example asks with, where the document has no example of its own.
_EXAMPLES = {"path": "/generate/enso", "prompt": "burning rage", "seed": "42"}


def reference_page(document: Json) -> Page:
    """Return the page of an OpenAPI 3.1 document, with a section for each of its tags."""
    operations = [
        (path, methods, operation)
        for path, item in document["paths"].items()
        for methods, operation in _operations(item)
    ]
    tags = dict.fromkeys(operation["tags"][0] for _, _, operation in operations)
    sections = "".join(
        f'<section><h2 id="{tag}">{tag.capitalize()}</h2>'
        + "".join(_operation(*each, document) for each in operations if each[2]["tags"][0] == tag)
        + "</section>"
        for tag in tags
    )
    info = document["info"]
    main = (
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info['summary'])}. The same for programs: "
        '<a href="./openapi.json">openapi.json</a>. Every error is a problem document (RFC 9457) '
        "that names every bad parameter.</p>" + _contents(operations) + sections
    )
    return html_page("NanoBanana reference", main, kind="paper reference", script="reference.js")


def _operations(item: Json) -> Iterable[tuple[list[str], Json]]:
    """Return the operations of a path; methods that differ in nothing but their id are one."""
    grouped: list[tuple[list[str], Json]] = []
    for method, operation in item.items():
        said = {name: value for name, value in operation.items() if name != "operationId"}
        same = next((methods for methods, each in grouped if each == said), None)
        if same is None:
            grouped.append(([method.upper()], said))
        else:
            same.append(method.upper())
    return grouped


def _contents(operations: Iterable[tuple[str, list[str], Json]]) -> str:
    links = "".join(
        f'<li><a href="#{_anchor(path)}">{escape(path)}</a></li>'
        for path in dict.fromkeys(path for path, _, _ in operations)
    )
    return f'<nav class="contents" aria-label="Endpoints"><ul>{links}</ul></nav>'


def _operation(path: str, methods: list[str], operation: Json, document: Json) -> str:
    parameters = operation.get("parameters", [])
    badges = "".join(f'<span class="method">{method}</span>' for method in methods)
    parts = [
        f'<article class="operation"><h3 id="{_anchor(path)}">{badges}{escape(path)}</h3>',
        f"<p>{escape(operation['summary'])}.</p>",
        _security(operation, document),
        _table(parameters) if parameters else "",
        _example(_example_url(path, parameters), operation, methods[0]),
        _answers(operation["responses"]),
        "</article>",
    ]
    return "".join(parts)


def _security(operation: Json, document: Json) -> str:
    names = [name for each in operation.get("security", []) for name in each]
    schemes = document["components"]["securitySchemes"]
    return "".join(f"<p>For admins: {escape(schemes[name]['description'])}</p>" for name in names)


def _table(parameters: Iterable[Json]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(each["name"])}</code></th>'
        f"<td>{_place(each)}</td><td>{_values(each['schema'])}</td>"
        f"<td>{_default(each)}</td><td>{escape(each.get('description', ''))}</td></tr>"
        for each in parameters
    )
    head = "".join(
        f'<th scope="col">{title}</th>'
        for title in ("Parameter", "In", "Values", "Default", "Meaning")
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Parameters">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _place(parameter: Json) -> str:
    return escape(parameter["in"])


def _default(parameter: Json) -> str:
    if parameter.get("required"):
        return "required"
    default = parameter["schema"].get("default")
    return "none" if default is None else f"<code>{escape(str(default))}</code>"


def _values(schema: Json) -> str:
    """Return what a schema takes, in words."""
    if "anyOf" in schema:
        return " or ".join(_values(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    kind = escape(schema["type"])
    if "minimum" in schema and "maximum" in schema:
        return f"{kind}, {schema['minimum']} to {schema['maximum']}"
    if "minLength" in schema and "maxLength" in schema:
        return f"{kind}, {schema['minLength']} to {schema['maxLength']} characters"
    if "pattern" in schema:
        return f"{kind}, <code>{escape(schema['pattern'])}</code>"
    return kind


def _example_url(path: str, parameters: Iterable[Json]) -> str:
    query = {}
    for each in parameters:
        name = each["name"]
        value = each.get("example", _EXAMPLES.get(name))
        if value is None:
            continue
        if each["in"] == "path":
            path = path.replace(f"{{{name}}}", value)
        elif each["in"] == "query":
            query[name] = value
    return f"{path}?{urlencode(query)}" if query else path


def _example(url: str, operation: Json, method: str) -> str:
    types = operation["responses"]["200"].get("content", {})
    is_image = any(each.startswith("image/") for each in types)
    options = " -o picture.png" if is_image else ""
    if any(operation.get("security", [])):
        options += " -H &quot;Authorization: Bearer $ADMIN_TOKEN&quot;"
    curl = f"<pre><code>curl{options} '{_ORIGIN}{escape(url)}'</code></pre>"
    # What changes something is not to be one careless click away.
    is_safe = method == "GET" and "security" not in operation
    return curl + (f'<p><a href=".{escape(url)}">Try it</a></p>' if is_safe else "")


def _answers(responses: Json) -> str:
    problems = [status for status, each in responses.items() if "$ref" in each]
    told = [
        f"<code>{status}</code> {escape(each['description'])}"
        for status, each in responses.items()
        if "$ref" not in each
    ]
    if problems:
        statuses = ", ".join(f"<code>{status}</code>" for status in problems)
        told.append(f"{statuses} a problem document.")
    return f'<p class="answers">{" ".join(told)}</p>'


def _anchor(path: str) -> str:
    return path.strip("/").replace("/", "-").translate({ord(each): None for each in "{}."}) or "-"
