"""Pages and the files that they are made of: bytes that change with the build or settings alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from string import Template

_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Page:
    """One document as it is sent.

    Attributes:
        etag: strong validator of the body (RFC 9110, section 8.8.3).
    """

    body: bytes
    content_type: str
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.body).hexdigest()[:32]
        object.__setattr__(self, "etag", f'"{digest}"')


def page_files() -> dict[str, Page]:
    """Return the style sheet, the scripts and the mark, by their names."""
    folder = files(__package__) / "files"
    return {
        file.name: Page(file.read_bytes(), _CONTENT_TYPES[file.name[file.name.rindex(".") :]])
        for file in folder.iterdir()
    }


def template(name: str) -> Template:
    """Return a template of this package."""
    text = (files(__package__) / "templates" / name).read_text(encoding="utf-8")
    return Template(text)


def html_page(title: str, main: str, *, root: str = ".", kind: str, script: str = "") -> Page:
    """Return a page in the layout of all of them.

    Links are relative, so that the service may stand below any path of a proxy.

    Args:
        title: plain text.
        main: HTML of what the page is about.
        root: where `/` is as seen from the page.
        kind: of page, by which the style sheet knows it.
        script: name of the file that brings it to life; "": it has none.
    """
    source = f'<script type="module" src="{root}/pages/{script}"></script>' if script else ""
    text = template("layout.html").substitute(
        title=escape(title), main=main, root=root, kind=kind, script=source
    )
    return Page(text.encode(), _HTML)
