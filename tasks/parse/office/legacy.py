"""Old Office files, and spreadsheets and decks of OpenOffice, made modern by LibreOffice."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.parse.blocks import UnreadableError

MODERN = {"doc": "docx", "ppt": "pptx", "odp": "pptx", "xls": "xlsx", "xlsb": "xlsx", "ods": "xlsx"}
INSTALL = "apt-get install --no-install-recommends libreoffice-writer libreoffice-impress libreoffice-calc"
MOST_BYTES = 1 << 30  # that LibreOffice may write into one file
NOWHERE = {"ProxyName": "127.0.0.1", "ProxyPort": "9"}  # a proxy that is not there: the way out is shut
# A profile that runs no macro, updates no link, and fetches nothing from outside.
SETTINGS = {
    "Office.Common/Security/Scripting": {
        "DisableMacrosExecution": "true",
        "MacroSecurityLevel": "3",
        "BlockUntrustedRefererLinks": "true",
        "DisableActiveContent": "true",
        "DisableOLEAutomation": "true",
    },
    "Office.Calc/Content/Update": {"Link": "1"},  # never
    "Office.Writer/Content/Update": {"Link": "0"},  # never
    "Inet/Settings": {
        "ooInetProxyType": "2",  # set by hand
        "ooInetNoProxy": "",
        **{f"ooInet{way}{name}": value for way in ("HTTP", "HTTPS", "FTP") for name, value in NOWHERE.items()},
    },
}


def available() -> bool:
    return _program() is not None


@contextmanager
def modern(path: Path, kind: str) -> Iterator[Path]:
    """A copy of a document in the current format, while it is read.

    LibreOffice has a folder and a profile of its own, so that documents are read beside one another. It is in the
    process group of the child that reads, and ends with it when the document's time is up.
    """
    if not (program := _program()):
        raise UnreadableError("needs_libreoffice", f"install LibreOffice: {INSTALL}", passing=True)
    with TemporaryDirectory(prefix="graft-") as name:
        folder = Path(name)
        _write_profile(folder / "profile")
        source = shutil.copyfile(path, folder / f"document.{kind}")  # a document's name is never an argument
        done = subprocess.run(
            [
                program,
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"),
                *("--convert-to", MODERN[kind], "--outdir", str(folder / "out"), str(source)),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            preexec_fn=_limit,
        )
        written = folder / "out" / f"document.{MODERN[kind]}"
        if not written.is_file():
            said = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
            raise UnreadableError("broken", f"LibreOffice cannot read it ({said}); save it as {MODERN[kind].upper()}")
        yield written


def _program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))


def _write_profile(folder: Path) -> None:
    items = (
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, values in SETTINGS.items()
        for name, value in values.items()
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry">' + "".join(items) + "</oor:items>\n",
        encoding="utf-8",
    )
