"""Opening Office files whose packages python-docx and python-pptx refuse: these read one wholly or not at all.

A package is a zip archive of parts, of lists that relate them, and of a list of their types. `mended` makes a copy of
which the libraries read all that can be read: a part that is missing or damaged costs that part alone.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tasks.parse.blocks import Loss, UnreadableError

NAMES = "http://schemas.openxmlformats.org"
OFFICE = f"{NAMES}/officeDocument/2006/relationships"
RELATIONSHIPS = f"{NAMES}/package/2006/relationships"
CONTENT_TYPES = f"{NAMES}/package/2006/content-types"
W, P = (f"{{{NAMES}/{name}/2006/main}}" for name in ("wordprocessingml", "presentationml"))
STRICT = re.compile(rb"""(=["'])http://purl\.oclc\.org/ooxml/(\w+)/""")  # names that "Strict" files have of their own
USUAL = rb"\1http://schemas.openxmlformats.org/\2/2006/"
MAINS = {f"{W}document": "wordprocessingml.document", f"{P}presentation": "presentationml.presentation"}
STORIES = {f"{W}{name}": name for name in ("styles", "numbering", "footnotes", "endnotes", "comments")}
PARTS = {
    **{tag: f"wordprocessingml.{name}" for tag, name in STORIES.items()},
    f"{P}sld": "presentationml.slide",
    f"{P}sldLayout": "presentationml.slideLayout",
    f"{P}sldMaster": "presentationml.slideMaster",
    f"{P}notes": "presentationml.notesSlide",
    f"{P}notesMaster": "presentationml.notesMaster",
}
USUAL_TYPES = {"xml": "application/xml", "rels": "application/vnd.openxmlformats-package.relationships+xml"}
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # what XML can't hold
CONTENT_TYPES_PART = "[Content_Types].xml"
PACKAGE = "_rels/.rels"  # what the package as a whole is related to
CHUNK = 1 << 16  # bytes of a part that are unpacked at a time: what comes before the damage is kept
ADVICE = "open it in Office and save it again"
TOO_DEEP = "Excessive depth"  # how libxml2 names it


def main_part(path: Path, library: Any, is_whole: Callable[[Any], bool], losses: list[Loss]) -> Any:
    """The document's or the presentation's part, by a library's class of packages.

    `is_whole` says whether the library has found all that the part needs; else, and where it fails, it is given the
    mended package.
    """
    try:
        with path.open("rb") as file:
            part = library.open(file).main_document_part
        if is_whole(part):
            return part
    except MemoryError:
        raise
    except Exception:  # noqa: S110  whatever the library stumbles over
        pass
    return library.open(mended(path, losses)).main_document_part


def mended(path: Path, losses: list[Loss]) -> io.BytesIO:
    """A package that tells anew what its parts are and how they are related, as far as can be found.

    Damaged XML is closed where it breaks off, names are in lower case, and "Strict" names are turned into the usual
    ones. `losses` gets what of the XML is lost.
    """
    from lxml import etree

    copy = io.BytesIO()
    parts: dict[str, str] = {}  # the tags of their roots, by their names
    listings: dict[str, Any] = {}
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as whole:
        members = _members(archive)
        for name, member in members.items():
            content, damage = _unpacked(archive, member)
            if name.endswith((".xml", ".rels")):
                root = parsed(member, STRICT.sub(USUAL, content), losses, damage)
                if root is None:
                    continue
                if name.endswith(".rels"):
                    listings[name] = root
                    continue
                content = etree.tostring(root, encoding="utf-8")
                parts[name] = str(root.tag)
            else:
                parts[name] = ""
            whole.writestr(name, content)
        whole.writestr(CONTENT_TYPES_PART, _content_types(parts))
        missing: dict[str, None] = {}
        for name, relations in _related(parts, listings, missing).items():
            whole.writestr(name, _listing(relations))
    losses += [Loss("damaged_part", f"{name}: is missing; {ADVICE}") for name in missing if name not in members]
    copy.seek(0)
    return copy


def parsed(name: str, content: bytes, losses: list[Loss], damage: str = "") -> Any:
    """The root of a part's XML, of damaged XML what stands before the damage; None where there is nothing."""
    from lxml import etree

    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
        etree.strip_elements(root, etree.Entity, with_tail=False)  # nothing is put in their place
    except etree.XMLSyntaxError as error:
        root = _recovered(content)
        if TOO_DEEP in str(error):
            detail = f"{name}: stands in tables or boxes within one another hundreds deep; take it out of some of them"
            losses.append(Loss("nested_too_deeply", detail))
        else:
            damage = damage or str(error)
    if damage:
        losses.append(Loss("damaged_part", f"{name}: {damage}; {ADVICE}"))
    return root


def _recovered(content: bytes) -> Any:
    """Damaged XML as XML that a parser takes which forgives nothing; None where there is nothing of it."""
    from lxml import etree

    try:
        damaged = etree.fromstring(content, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None
    if damaged is None:
        return None
    etree.strip_elements(damaged, etree.Entity, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    copies = {damaged: etree.Element(_name(damaged.tag))}  # anew, for a damaged name can't be put right in its place
    for element in damaged.iter():
        parent = element.getparent()
        copy = copies[element] if parent is None else etree.SubElement(copies[parent], _name(element.tag))
        copies[element] = copy
        copy.text, copy.tail = (UNPRINTABLE.sub("", text or "") for text in (element.text, element.tail))
        for name, told in element.attrib.items():
            copy.set(_name(name), UNPRINTABLE.sub("", told))
    return copies[damaged]


@cache
def _name(name: str) -> str:
    """A name of XML without the namespace that is damaged; one that is damaged itself says nothing."""
    from lxml import etree

    for told in (name, name.rpartition("}")[2]):
        try:
            etree.Element(told)
        except ValueError:
            continue
        return told
    return "damaged"


def _members(archive: zipfile.ZipFile) -> dict[str, str]:
    """The parts' names, which mean the same in small and in capital letters, and what the archive calls them."""
    told = (name for name in archive.namelist() if name.isprintable() and name[-1:] not in "/\\")
    names = {name.replace("\\", "/").strip("/").lower(): name for name in told}
    names.pop(CONTENT_TYPES_PART.lower(), None)
    return names


def _unpacked(archive: zipfile.ZipFile, member: str) -> tuple[bytes, str]:
    """A part's bytes up to the damage, and what the damage is."""
    chunks: list[bytes] = []
    damage = ""
    try:
        with archive.open(member) as file:
            while chunk := file.read(CHUNK):
                chunks.append(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        damage = str(error) or type(error).__name__
    return b"".join(chunks), damage


@dataclass(frozen=True)
class _Relation:
    """`target` is a part's name, or an address outside."""

    key: str
    type: str
    target: str
    external: bool = False


def _related(parts: dict[str, str], listings: dict[str, Any], missing: dict[str, None]) -> dict[str, list[_Relation]]:
    """The lists of relations without those that lead nowhere, and with those that the parts themselves tell of."""
    found = {name: list(_relations(name, root, parts, missing)) for name, root in listings.items()}
    office = f"{OFFICE}/officeDocument"
    of_package = found.get(PACKAGE, [])
    told = [one.target for one in of_package if one.type == office and parts.get(one.target) in MAINS]
    main = next(iter(told or (name for name, tag in parts.items() if tag in MAINS)), None)
    if main is None:
        raise UnreadableError("broken", f"no word/document.xml or ppt/presentation.xml is in the archive; {ADVICE}")
    found[PACKAGE] = [*(one for one in of_package if one.type != office), _Relation("main", office, main)]
    of_main = found.setdefault(_listing_of(main), [])
    for name, tag in parts.items():
        kind = f"{OFFICE}/{STORIES.get(tag)}"
        beside = tag in STORIES and posixpath.dirname(name) == posixpath.dirname(main)
        if beside and all(one.type != kind for one in of_main):
            of_main.append(_Relation(STORIES[tag], kind, name))
    return found


def _relations(name: str, root: Any, parts: dict[str, str], missing: dict[str, None]) -> Iterator[_Relation]:
    """The relations of one list; `missing` gets the parts that it names though they are not there."""
    folder = posixpath.dirname(posixpath.dirname(name))
    for element in root.iter("{*}Relationship"):
        key, kind, target = (element.get(attribute) for attribute in ("Id", "Type", "Target"))
        if not key or not kind or not target:
            continue
        if element.get("TargetMode", "").lower() == "external":
            yield _Relation(key, kind, target, external=True)
            continue
        part = posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/"))).lstrip("/").lower()
        if part in parts:
            yield _Relation(key, kind, part)
        elif part.endswith(".xml"):  # others are pictures, and addresses inside the document
            missing[part] = None


def _listing_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _listing(relations: list[_Relation]) -> bytes:
    from lxml import etree

    root = etree.Element(f"{{{RELATIONSHIPS}}}Relationships", nsmap={None: RELATIONSHIPS})
    for one in relations:
        target = {"Target": one.target, "TargetMode": "External"} if one.external else {"Target": f"/{one.target}"}
        etree.SubElement(root, f"{{{RELATIONSHIPS}}}Relationship", {"Id": one.key, "Type": one.type, **target})
    return bytes(etree.tostring(root))


def _content_types(parts: dict[str, str]) -> bytes:
    """What a part is, is told by its root; of others the libraries ask nothing but that they be told of."""
    from lxml import etree

    root = etree.Element(f"{{{CONTENT_TYPES}}}Types", nsmap={None: CONTENT_TYPES})
    for extension in sorted({posixpath.splitext(name)[1][1:] for name in parts} | {"rels"}):
        kind = USUAL_TYPES.get(extension, "application/octet-stream")
        etree.SubElement(root, f"{{{CONTENT_TYPES}}}Default", {"Extension": extension, "ContentType": kind})
    for name, tag in parts.items():
        kind = f"{MAINS[tag]}.main" if tag in MAINS else PARTS.get(tag, "")
        if kind:
            kind = f"application/vnd.openxmlformats-officedocument.{kind}+xml"
            etree.SubElement(root, f"{{{CONTENT_TYPES}}}Override", {"PartName": f"/{name}", "ContentType": kind})
    return bytes(etree.tostring(root))
