"""Office files behind a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tasks.parse.blocks import UnreadableError
from tasks.parse.passwords import ADVICE, refused

NO_SECRET = "VelvetSweatshop"  # noqa: S105  Excel's own for workbooks that are only protected against changes


@contextmanager
def decrypted(path: Path, password: str | None) -> Iterator[Path]:
    """A document without its password, while it is read: a copy, or itself where it needs none."""
    import msoffcrypto

    with path.open("rb") as file, TemporaryDirectory(prefix="graft-") as folder:
        try:
            office = msoffcrypto.OfficeFile(file)
            locked = office.is_encrypted()
        except Exception:  # an old file whose header it does not know; the reader will tell what is wrong with it
            locked = False
        if not locked:
            yield path
            return
        for key in (NO_SECRET, password):
            if key and _decrypt(office, key, copy := Path(folder) / "document"):
                yield copy
                return
    raise refused("the document", password)


def _decrypt(office: Any, password: str, copy: Path) -> bool:
    """Write a copy without a password; False where it is not the right one."""
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    try:
        office.load_key(password=password)
        with copy.open("wb") as file:
            office.decrypt(file)
    except InvalidKeyError:
        return False
    except DecryptionError as error:
        raise UnreadableError("encrypted", f"locked in a way that cannot be opened here ({error}); {ADVICE}") from None
    return True
