"""What people look at in a browser: the gallery with its cockpit, the reference, the runbooks."""

from .gallery import gallery_page
from .page import Page, page_files
from .reference import reference_page
from .runbooks import RunbookPages

__all__ = ["Page", "RunbookPages", "gallery_page", "page_files", "reference_page"]
