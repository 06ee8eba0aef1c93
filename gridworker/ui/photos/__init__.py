"""Photos of a record: a strip of thumbnails on its card or in its form, and the original over the window."""

from gridworker.ui.photos.draft import PhotoDraft
from gridworker.ui.photos.keeper import PhotoKeeper
from gridworker.ui.photos.strip import PhotoStrip

__all__ = ["PhotoDraft", "PhotoKeeper", "PhotoStrip"]
