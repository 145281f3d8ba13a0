"""Letters that the test writes, well-formed and not."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from tasks.parse import mail
from tasks.parse.blocks import Block, Reading


def read(tmp_path: Path, data: bytes) -> Reading:
    path = tmp_path / "letter.eml"
    path.write_bytes(data)
    return mail.read(path)


def test_a_letter_has_its_subject_its_body_and_names_its_attachments(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "ilka@quellmere.example", "tobin@quellmere.example", "关于订单"
    letter.set_content("The colour of Velm is green.\n")
    letter.add_alternative("<p>The colour of <b>Velm</b> is green.</p>", subtype="html")
    letter.add_attachment(b"\x00", maintype="application", subtype="octet-stream", filename="计划.bin")
    letter.add_attachment("a,b", filename="table.csv")
    forwarded = EmailMessage()
    forwarded.set_content("earlier")
    letter.add_attachment(forwarded)
    reading = read(tmp_path, letter.as_bytes())
    assert reading.blocks == [
        Block("heading", "关于订单"),
        Block("paragraph", "From: ilka@quellmere.example\nTo: tobin@quellmere.example"),
        Block("paragraph", "The colour of Velm is green."),
    ]
    names = [loss.detail.split(" is attached")[0] for loss in reading.losses if loss.reason == "attachment"]
    assert names == ["计划.bin", "table.csv", "message/rfc822"]


def test_quotations_keep_their_sign(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter.set_content("Hello Tobin\n\nTobin wrote:\n> What about it?\n> Tell me.\n>> Older.\n\n-- \nIlka\n")
    assert [block.text for block in read(tmp_path, letter.as_bytes()).blocks] == [
        *("Hello Tobin", "Tobin wrote:", "> What about it?\n> Tell me.", "> > Older.", "--\nIlka"),
    ]


def test_headers_and_text_in_an_encoding_that_is_not_declared_right(tmp_path: Path) -> None:
    letter = (
        "From: 张三 <z@quellmere.example>\r\nSubject: =?gb2312?B?u+HS6c2o1qo=?=\r\nDate: nonsense\r\n"
        "Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n会议地点是镕基楼。\r\n"
    )
    assert [block.text for block in read(tmp_path, letter.encode("gbk")).blocks] == [
        *("会议通知", "From: 张三 <z@quellmere.example>\nDate: nonsense", "会议地点是镕基楼。"),
    ]


def test_a_letter_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    letter = (
        b"Subject: Velm\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: text/plain; charset=unknown-9\n\nfirst\n--x\nContent-Type: text/plain\n\nsecond, cut of"
    )
    assert [block.text for block in read(tmp_path, letter).blocks] == ["Velm", "first", "second, cut of"]
