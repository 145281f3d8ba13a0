"""A Word document's parts, as python-docx finds them in the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.parse.blocks import Loss, UnreadableError
from tasks.parse.office.package import main_part, parsed
from tasks.parse.word.names import W

MAIN_TYPES = (  # templates and documents with macros, which python-docx does not take for documents
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
)


class Parts:
    """The document's part and those related to it; `losses` are the damaged ones that were asked for."""

    def __init__(self, path: Path) -> None:
        from docx.opc.part import PartFactory
        from docx.package import Package
        from docx.parts.document import DocumentPart

        PartFactory.part_type_for.update(dict.fromkeys(MAIN_TYPES, DocumentPart))
        self.losses: list[Loss] = []

        def is_whole(part: Any) -> bool:  # the list of what a document is related to may be lost
            return isinstance(part, DocumentPart) and part.element.find(f"{W}body") is not None and bool(part.rels)

        self.main = main_part(path, Package, is_whole, self.losses)
        self.body = self.root(self.main).find(f"{W}body")
        if self.body is None:
            raise UnreadableError("broken", f"{_name(self.main)} holds no document; open it in Word and save it again")

    def related(self, kind: str) -> Any:
        """The document's part of a kind, such as "styles"; None where it has none."""
        relations = (one for one in self.main.rels.values() if not one.is_external)
        return next((one.target_part for one in relations if one.reltype.rpartition("/")[2] == kind), None)

    def root(self, part: Any) -> Any:
        """A part's XML; None where there is no such part or nothing of it can be read."""
        from docx.opc.part import XmlPart

        if part is None:
            return None
        return part.element if isinstance(part, XmlPart) else parsed(_name(part), part.blob, self.losses)


def _name(part: Any) -> str:
    return str(part.partname.lstrip("/"))
