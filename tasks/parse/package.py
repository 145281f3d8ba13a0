"""An Office file's parts and their relationships: a zip archive of XML, of which as much is read as can be.

A part that is missing or damaged costs that part alone. The content types are not asked for, so that templates, files
with macros and files whose list of types is broken are read alike. "Strict" files name all with namespaces of their
own: these are turned into the usual ones first. Nothing outside the archive is ever opened.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tasks.parse.blocks import Loss

RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
STRICT = re.compile(rb"""(=["'])http://purl\.oclc\.org/ooxml/(\w+)/""")
USUAL = rb"\1http://schemas.openxmlformats.org/\2/2006/"
CHUNK = 1 << 16  # bytes of a part that are unpacked at a time: what comes before the damage is kept


@dataclass(frozen=True)
class Relation:
    """`kind` is the last word of its type, such as "footnotes"; `target` a part's name, or an address outside."""

    kind: str
    target: str
    external: bool


@dataclass
class Package:
    """An open Office file; `losses` are the damaged parts that were asked for."""

    archive: zipfile.ZipFile
    losses: list[Loss] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._relations: dict[str, dict[str, Relation]] = {}
        self._names = {name.replace("\\", "/").lower(): name for name in self.archive.namelist()}

    def root(self, part: str) -> Any:
        """The part's XML, or None where there is none; a damaged part gives what stands before the damage."""
        from lxml import etree

        if not part:
            return None
        content, damage = self._content(part)
        content = STRICT.sub(USUAL, content)
        for recover in (False, True):
            parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=recover)
            try:
                root = etree.fromstring(content, parser)
            except etree.XMLSyntaxError as error:
                damage, root = damage or str(error), None
            if root is not None:
                break
        if damage:
            self.losses.append(Loss("damaged_part", f"{part}: {damage}; open it in Office and save it again"))
        return root

    def relations(self, part: str) -> dict[str, Relation]:
        """What a part refers to, by the names that it uses for it."""
        if part not in self._relations:
            self._relations[part] = dict(self._listed(part))
        return self._relations[part]

    def _listed(self, part: str) -> Iterator[tuple[str, Relation]]:
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        root = self.root(listing) if listing.lower() in self._names else None
        for element in root.iter(RELATIONSHIP) if root is not None else ():
            external = element.get("TargetMode") == "External"
            target = element.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            yield element.get("Id", ""), Relation(element.get("Type", "").rpartition("/")[2], target, external)

    def part(self, of: str, kind: str) -> str:
        """The name of the part of a kind that another has, such as its styles; the usual one where none is told."""
        usual = posixpath.join(posixpath.dirname(of), f"{kind}.xml")
        told = [one.target for one in self.relations(of).values() if one.kind == kind and not one.external]
        names = [name for name in (*told, usual) if name.lower() in self._names]
        return (names or told or [""])[0]

    def _content(self, part: str) -> tuple[bytes, str]:
        """The part's bytes, and what is wrong with them."""
        name = self._names.get(part.lower())
        if name is None:
            return b"", "is missing"
        chunks: list[bytes] = []
        try:
            with self.archive.open(name) as file:
                while chunk := file.read(CHUNK):
                    chunks.append(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            return b"".join(chunks), str(error) or type(error).__name__
        return b"".join(chunks), ""
