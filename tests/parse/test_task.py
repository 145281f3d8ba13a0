"""The stage as a whole: rejects, aliases, what is read again, and documents that hang or crash their reader."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import docx
import pymupdf
import pytest
from pydantic import ValidationError

from artifacts.stage import SettingError, StageError, plan_for
from tasks.parse.config import ParseConfig
from tasks.parse.find import UNREADABLE, Found, describe, find
from tasks.parse.pool import read_all
from tests.parse.reading import parse
from tests.source import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    (root / "deep").mkdir(parents=True)
    (root / "pump.txt").write_text("Weight: 12 kg", encoding="utf-8")
    (root / "deep" / "水箱.txt").write_text("容量：五升", encoding="utf-8")
    return root


def pump(folder: Path) -> Found:
    return describe(folder / "pump.txt", folder)


def bomb(path: Path) -> None:
    docx.Document().save(str(path))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/zeros.bin", bytes(30 << 20))


def locked(path: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "secret")
    document.save(str(path), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="pw", owner_pw="pw")


def scanned(path: Path) -> None:
    document = pymupdf.open()
    picture = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 50, 50), False)
    picture.clear_with(128)
    document.new_page().insert_image(pymupdf.Rect(0, 0, 500, 500), pixmap=picture)
    document.save(str(path))


def test_what_cannot_be_read_is_rejected_with_a_reason_and_the_rest_goes_on(folder: Path, tmp_path: Path) -> None:
    bomb(folder / "bomb.docx")
    locked(folder / "locked.pdf")
    scanned(folder / "scan.pdf")
    (folder / "empty.docx").touch()
    (folder / "blank.txt").write_text(" \n", encoding="utf-8")
    (folder / "broken.docx").write_bytes((folder / "bomb.docx").read_bytes()[:5000])
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n garbage")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (folder / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (folder / "large.txt").write_bytes(b"word " * 300_000)
    (folder / "link.txt").symlink_to("/etc/hostname")
    parsed = parse(folder, tmp_path / "store", max_megabytes=1)
    assert parsed.reasons() == {
        "bomb.docx": "unpacks_too_large",
        "locked.pdf": "encrypted",
        "scan.pdf": "no_text",
        "empty.docx": "empty",
        "blank.txt": "empty",
        "broken.docx": "broken",
        "broken.pdf": "broken",
        "picture.png": "picture",
        "old.doc": "broken",
        "large.txt": "too_large",
        "link.txt": "link",
    }
    assert {section.file for section in parsed.sections} == {"pump.txt", "deep/水箱.txt"}
    assert all(reject.detail for reject in parsed.rejects)
    assert parsed.manifest.counts["in"] == 13
    assert parsed.manifest.counts["documents"] == 2


def test_one_content_under_two_names_is_one_document(folder: Path, tmp_path: Path) -> None:
    before = parse(folder, tmp_path / "store")
    (folder / "z copy.txt").write_bytes((folder / "pump.txt").read_bytes())
    after = parse(folder, tmp_path / "store")
    assert after.sections == before.sections
    assert after.manifest.digest == before.manifest.digest
    assert {row["file"]: row["aliases"] for row in after.documents} == {"deep/水箱.txt": [], "pump.txt": ["z copy.txt"]}


def test_a_copy_with_an_earlier_name_does_not_take_the_document_over(folder: Path, tmp_path: Path) -> None:
    before = parse(folder, tmp_path / "store")
    (folder / "a copy.txt").write_bytes((folder / "pump.txt").read_bytes())
    after = parse(folder, tmp_path / "store")
    assert after.manifest.digest == before.manifest.digest
    (folder / "pump.txt").unlink()
    assert {section.file for section in parse(folder, tmp_path / "store").sections} == {"a copy.txt", "deep/水箱.txt"}


def test_only_what_changed_is_read_again(folder: Path, tmp_path: Path) -> None:
    first = parse(folder, tmp_path / "store").manifest.counts
    assert first["documents_reused"] == 0
    assert "documents_added" not in first
    (folder / "new.txt").write_text("Height: 3 m", encoding="utf-8")
    (folder / "pump.txt").unlink()
    second = parse(folder, tmp_path / "store").manifest.counts
    assert (second["documents_reused"], second["documents_added"], second["documents_removed"]) == (1, 1, 1)
    third = parse(folder, tmp_path / "store").manifest.counts
    assert (third["documents_reused"], third["documents_added"], third["documents_removed"]) == (2, 0, 0)
    assert parse(folder, tmp_path / "store", max_tokens=700).manifest.counts["documents_reused"] == 0


def test_the_id_of_a_section_does_not_change_with_the_rest_of_its_document(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    path = folder / "velm.txt"
    path.write_text("Velm\n\nChapter 1 One\nFirst text.\n\nChapter 2 Two\nSecond text.\n", encoding="utf-8")
    before = {s.headings[-1]: s.id for s in parse(folder, tmp_path / "store", min_tokens=0).sections}
    path.write_text("Velm\n\nChapter 1 One\nOther text.\n\nChapter 2 Two\nSecond text.\n", encoding="utf-8")
    after = {s.headings[-1]: s.id for s in parse(folder, tmp_path / "store", min_tokens=0).sections}
    assert before["Chapter 2 Two"] == after["Chapter 2 Two"]
    assert before["Chapter 1 One"] != after["Chapter 1 One"]


def test_a_section_that_stands_twice_is_kept_once(folder: Path, tmp_path: Path) -> None:
    (folder / "second.txt").write_text("Weight: 12 kg\n", encoding="utf-8")  # differs from pump.txt by its line end
    parsed = parse(folder, tmp_path / "store")
    ids = [section.id for section in parsed.sections]
    assert len(ids) == len(set(ids)) == 2
    assert [reject.reason for reject in parsed.rejects] == ["duplicate_section"]


def test_hidden_and_lock_files_are_no_documents(folder: Path) -> None:
    (folder / ".git").mkdir()
    for name in (".git/x.txt", ".hidden.txt", "~$pump.docx"):
        (folder / name).write_text("x", encoding="utf-8")
    assert [file.name for file in find(folder)] == ["deep/水箱.txt", "pump.txt"]


def test_a_missing_or_empty_folder_says_so(tmp_path: Path) -> None:
    for source, what in ((tmp_path / "none", "is not a folder"), (tmp_path, "holds no files")):
        with pytest.raises(StageError, match=f"parse.source: .*{what}"):
            plan_for(ParseConfig(source=source), {})


def test_nothing_readable_at_all_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "empty.pdf").touch()
    with pytest.raises(StageError, match=r"nothing could be read of 1 files .*empty \(1\)"):
        parse(folder, tmp_path / "store")


def test_the_place_of_the_folder_and_the_workers_are_not_in_the_key(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    plan = plan_for(ParseConfig(source=folder, workers=1), {})
    folder.rename(moved)
    assert plan_for(ParseConfig(source=moved, workers=7), {}).key == plan.key


def test_a_document_that_hangs_costs_only_itself(folder: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "hangs.txt"
    os.mkfifo(pipe)  # opening it waits for a writer that never comes
    fine = pump(folder)
    answers = dict(read_all([Found(pipe, "hangs.txt", "hangs"), fine], ParseConfig(seconds=1), workers=1))
    assert (answers["hangs"]["reason"], answers["hangs"]["died"]) == ("timeout", True)
    assert answers[fine.sha256]["text"] == "Weight: 12 kg"


def test_a_document_that_crashes_its_reader_costs_only_itself(folder: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "crashes.txt"
    os.mkfifo(pipe)
    fine = pump(folder)
    killer = threading.Thread(target=crash_readers, args=(pipe,))
    killer.start()
    answers = dict(read_all([Found(pipe, "crashes.txt", "crashes"), fine], ParseConfig(), workers=1))
    killer.join()
    assert (answers["crashes"]["reason"], answers["crashes"]["died"]) == ("crashed", True)
    assert "SIGSEGV" in answers["crashes"]["detail"]
    assert "sections" in answers[fine.sha256]


def test_a_document_that_dies_is_missed_aloud_and_tried_again_when_forced(folder: Path, tmp_path: Path) -> None:
    slow = folder / "slow.csv"
    slow.write_text("a,b\n" * 400_000, encoding="utf-8")  # takes longer than a second, wherever it runs
    parsed = parse(folder, tmp_path / "store", seconds=1)
    assert parsed.reasons() == {"slow.csv": "timeout"}
    [note] = parsed.manifest.notes
    assert note.startswith("slow.csv is missing: ")
    assert "--force parse" in note
    again = parse(folder, tmp_path / "store", seconds=100)
    assert "slow.csv" in {row["file"] for row in again.documents if row["sections"]}
    assert again.manifest.counts["documents_reused"] == 2, "what died is not remembered"


def test_a_text_is_not_kept_under_the_digest_of_another(folder: Path) -> None:
    found = pump(folder)
    (folder / "pump.txt").write_text("Weight: 13 kg", encoding="utf-8")
    [(_, changed)] = read_all([found], ParseConfig(), workers=1)
    (folder / "pump.txt").unlink()
    [(_, gone)] = read_all([found], ParseConfig(), workers=1)
    assert changed == gone
    assert (gone["reason"], gone["passing"]) == ("changed_while_reading", True)


FIND_AS_NOBODY = """
import os, sys
from pathlib import Path
from tasks.parse.find import find
if os.geteuid() == 0:
    os.setuid(65534)
print({file.name: file.sha256 for file in find(Path(sys.argv[1]))})
"""


def test_what_may_not_be_opened_is_found_and_the_rest_is_too() -> None:
    with tempfile.TemporaryDirectory() as place:  # all may enter it, unlike pytest's
        root = Path(place)
        (root / "closed").mkdir()
        (root / "open").mkdir()
        for name in ("open/pump.txt", "closed/deep.txt", "secret.txt"):
            (root / name).write_text("Weight: 12 kg", encoding="utf-8")
        root.chmod(0o755)
        (root / "closed").chmod(0)
        (root / "secret.txt").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", FIND_AS_NOBODY, place], cwd=ROOT, capture_output=True, text=True, check=True
        )
        (root / "closed").chmod(0o755)
    found = ast.literal_eval(done.stdout)
    assert [name for name in found if found[name] == UNREADABLE] == ["closed", "secret.txt"]
    assert sorted(found.keys() - {"closed", "secret.txt"}) == ["open/pump.txt"]


def test_what_is_no_file_is_rejected(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    parsed = parse(folder, tmp_path / "store")
    assert parsed.reasons() == {"pipe.txt": "unreadable"}
    assert parsed.manifest.counts["documents"] == 2


def test_names_that_are_no_utf8_stay_apart(folder: Path) -> None:
    for byte in (b"\xe9", b"\xe8"):
        Path(os.fsdecode(os.fsencode(folder) + b"/caf" + byte + b".txt")).write_text("Coffee: 2", encoding="utf-8")
    assert len({file.name for file in find(folder)}) == 4


def crash_readers(pipe: Path) -> None:
    """Wait until a reader has the pipe open for reading, which is when it can be opened for writing; then crash it."""
    while True:
        try:
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.05)
            continue
        for pid in readers():
            os.kill(pid, signal.SIGSEGV)
        os.close(writer)
        return


def readers() -> list[int]:
    """The processes that this one started to read documents."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [int(pid) for listed in children for pid in listed.read_text().split()]
    return [pid for pid in pids if b"tasks.parse.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_password_comes_from_the_environment_and_a_corrected_one_is_tried(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked(folder / "locked.pdf")
    passwords = {"*.pdf": "LOCKED_PDF"}
    with pytest.raises(SettingError, match=r"parse\.passwords: .*'\*\.pdf' names is not set") as caught:
        parse(folder, tmp_path / "store", passwords=passwords)
    assert "LOCKED_PDF" not in str(caught.value)
    keys = []
    for password in ("Zq-not-it", "pw"):
        monkeypatch.setenv("LOCKED_PDF", password)
        parsed = parse(folder, tmp_path / "store", passwords=passwords)
        keys.append(parsed.manifest.key)
    assert keys[0] != keys[1]
    assert "secret" in parsed.text("locked.pdf")
    written = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert b'"pw"' not in written
    assert b"Zq-not-it" not in written


def test_a_password_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="not the password") as caught:
        ParseConfig(passwords={"*.pdf": "hunter2"})
    assert caught.type is ValidationError


def test_the_smallest_size_gives_way_to_the_largest() -> None:
    assert ParseConfig(max_tokens=200).cutting() == {"min_tokens": 100, "max_tokens": 200}


def test_a_damaged_document_without_text_is_told_as_damaged(folder: Path, tmp_path: Path) -> None:
    document = pymupdf.open()
    for _ in range(3):
        document.new_page().insert_text((72, 72), "text " * 50)
    whole = document.tobytes()
    (folder / "cut.pdf").write_bytes(whole[: whole.index(b"stream") + 10])
    assert parse(folder, tmp_path / "store").reasons() == {"cut.pdf": "broken"}


def test_the_page_of_the_stage_shows_what_was_read(folder: Path, tmp_path: Path) -> None:
    (folder / "empty.docx").touch()
    (folder / "z copy.txt").write_bytes((folder / "pump.txt").read_bytes())
    parsed = parse(folder, tmp_path / "store")
    assert parsed.manifest.facts["headline"] == (
        "2 sections of 2 documents; 4 files, of which 1 are copies and 1 could not be read"
    )
    [page] = (tmp_path / "store").rglob("about/page.md")
    told = page.read_text(encoding="utf-8")
    assert "| en | 2 |" in told
    assert "**pump.txt**" in told
    assert "> Weight: 12 kg" in told


def test_a_document_that_says_nothing_of_its_own_was_read_all_the_same(folder: Path, tmp_path: Path) -> None:
    (folder / "second.txt").write_text("Weight: 12 kg\n", encoding="utf-8")  # differs from pump.txt by its line end
    manifest = parse(folder, tmp_path / "store").manifest
    assert manifest.counts["documents"] == 3
    assert manifest.facts["headline"] == (
        "2 sections of 3 documents; 3 files, of which 0 are copies and 0 could not be read"
    )
