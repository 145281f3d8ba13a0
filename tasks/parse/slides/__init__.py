"""PPTX: `document` tells the story; the other modules each know one subject of the format."""

from tasks.parse.slides.document import read

__all__ = ["read"]
