"""PDF by pymupdf: what its text, its rules and its outline say, as blocks in reading order."""

from tasks.parse.pdf.document import read

__all__ = ["read"]
