"""The front page: every asset type as it is now, and what the cache does meanwhile."""

from __future__ import annotations

from .page import Page, html_page, template


def gallery_page(*, memory_limit_bytes: int, analytics: bool) -> Page:
    """Return the gallery; its scripts ask the service for everything that it shows.

    Args:
        memory_limit_bytes: of all types together.
        analytics: whether there are diagnoses to ask for.
    """
    main = template("gallery.html").substitute(
        memory_limit=memory_limit_bytes, analytics="yes" if analytics else "no"
    )
    return html_page("NanoBanana: Unwritten Worlds", main, kind="gallery", script="gallery.js")
