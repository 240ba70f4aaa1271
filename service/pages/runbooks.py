"""Runbooks as pages that can be read on a phone, at night."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .page import Page, html_page

_MEANING = re.compile(r"^## What it means\n+(.+?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


class RunbookPages:
    """Makes pages of runbooks. Each takes milliseconds the first time: ask from a thread.

    Args:
        runbooks: their Markdown, by the names of their alerts.

    Attributes:
        names: of the alerts.
    """

    def __init__(self, runbooks: Mapping[str, str]) -> None:
        self.names = tuple(runbooks)
        self._runbooks = runbooks
        self._pages: dict[str | None, Page] = {}

    def index(self) -> Page:
        """Return the list of all runbooks, with what each is about."""
        return self._pages.get(None) or self._keep(None, self._index())

    def page(self, name: str) -> Page:
        """Return one runbook.

        Raises:
            KeyError: there is none of this name.
        """
        return self._pages.get(name) or self._keep(name, self._page(name))

    def _keep(self, name: str | None, page: Page) -> Page:
        self._pages[name] = page
        return page

    def _page(self, name: str) -> Page:
        main = (
            _html(self._runbooks[name])
            + '<p class="onward"><a href="../runbooks">All runbooks</a></p>'
        )
        return html_page(f"{name} · runbook", main, root="..", kind="paper")

    def _index(self) -> Page:
        items = "".join(
            f'<li><a href="runbooks/{name}">{name}</a>{_html(_meaning(text))}</li>'
            for name, text in self._runbooks.items()
        )
        main = (
            "<h1>Runbooks</h1><p>One for each alert: what it means, how it hurts, how to see it, "
            f'what to change, and how to know that it worked.</p><ul class="runbooks">{items}</ul>'
        )
        return html_page("Runbooks", main, kind="paper")


def _meaning(text: str) -> str:
    found = _MEANING.search(text)
    return found[1] if found else ""


def _html(markdown: str) -> str:
    # Imported here, because it takes 0.1 s, and most processes never show a runbook.
    from markdown_it import MarkdownIt

    html: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return html
