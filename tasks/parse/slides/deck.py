"""Opening a PowerPoint file: shows, templates and damaged packages too, as far as they can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Loss, UnreadableError
from tasks.parse.office.package import main_part

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
P14 = "{http://schemas.microsoft.com/office/powerpoint/2010/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MACRO_SHOWS = ("slideshow", "template")  # kinds that python-pptx knows only without macros
UNNAMED = ("default section", "untitled section", "默认节", "无标题节", "預設章節", "未命名的章節")


def open_deck(path: Path) -> tuple[Any, list[Loss]]:
    """The presentation's part, and what of the package had to be left out to read the rest."""
    from pptx.opc.package import PartFactory
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    for kind in MACRO_SHOWS:
        PartFactory.part_type_for[f"application/vnd.ms-powerpoint.{kind}.macroEnabled.main+xml"] = PresentationPart
    losses: list[Loss] = []

    def is_whole(part: Any) -> bool:  # python-pptx passes over slides whose parts it does not find
        return isinstance(part, PresentationPart) and all(
            entry.get(f"{R}id") in part.rels for entry in part._element.iter(f"{P}sldId")
        )

    part = main_part(path, Package, is_whole, losses)
    if not isinstance(part, PresentationPart):
        raise UnreadableError("broken", f"its main part is no presentation but {part.content_type}")
    return part, losses


def slides_of(deck: Any) -> Iterator[tuple[str, Any]]:
    """Each slide with the identifier that sections know it by; None for one whose part is not there."""
    from pptx.parts.slide import SlidePart

    for entry in deck._element.iter(f"{P}sldId"):
        ident = entry.get(f"{R}id")
        part = deck.related_part(ident) if ident in deck.rels and not deck.rels[ident].is_external else None
        slide = part.slide if isinstance(part, SlidePart) else None
        if slide is not None:
            _choose(slide._element)
        yield entry.get("id", ""), slide


def section_names(deck: Any) -> dict[str, str]:
    """The section of each slide, by the slide's identifier; one that nobody named has none."""
    return {
        slide.get("id"): name
        for section in deck._element.iter(f"{P14}section")
        if (name := " ".join(section.get("name", "").split())) and name.lower() not in UNNAMED
        for slide in section.iter(f"{P14}sldId")
    }


def _choose(root: Any) -> None:
    """Of two forms of one thing, the newer one where it has text or is drawn by data; the other else."""
    for either in list(root.iter(f"{MC}AlternateContent")):
        forms = [form for form in either if form.tag in (f"{MC}Choice", f"{MC}Fallback")]
        best = next((form for form in forms if _says(form)), forms[-1] if forms else ())
        for child in list(best):
            either.addprevious(child)
        either.getparent().remove(either)


def _says(form: Any) -> bool:
    return any(
        str(part.tag).endswith(("}graphicData", "}oleObj", "}pic")) or (str(part.tag).endswith("}t") and part.text)
        for part in form.iter()
    )
