"""Scanned pages: which are read from their picture, and what Tesseract makes of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tasks.parse.blocks import Options, UnreadableError
from tasks.parse.ocr import scan, tesseract
from tasks.parse.read import read

needs_tesseract = pytest.mark.skipif(
    scan.available("eng+chi_sim") != "eng+chi_sim", reason="Tesseract with eng and chi_sim is not installed"
)
ENGLISH = [
    "The machine that we sell in the north is repaired",
    "by engineers who come from the town every week.",
    "Its tank holds three litres and a half of water.",
]
CHINESE = [
    "我们公司的水箱容量是五升，保修期是两年。",
    "大家都可以在这里看到产品的说明和价格。",
    "如果有问题，请与当地的服务中心联系。",
]
HIDDEN = 3  # the render mode of text that is not painted


def typed(lines: list[str], *, font: str = "helv", mode: int = 0, size: float = 14) -> Any:
    page = pymupdf.open().new_page(width=420, height=300)
    for number, line in enumerate(lines):
        page.insert_text((40, 60 + 2 * size * number), line, fontname=font, fontsize=size, render_mode=mode)
    return page


def scanned(lines: list[str], *, font: str = "helv", turned: int = 0, layer: str = "", mode: int = HIDDEN) -> Any:
    """A page that is a picture of lines, lying on its side if so wished, with text over the picture."""
    picture = typed(lines, font=font).get_pixmap(matrix=pymupdf.Matrix(2.5, 2.5).prerotate(turned))
    page = pymupdf.open().new_page(width=picture.width / 2.5, height=picture.height / 2.5)
    page.insert_image(page.rect, pixmap=picture)
    if layer:
        page.insert_textbox((10, 10, *page.rect.br), layer, fontsize=9, fontname="china-s", render_mode=mode)
    return page


def content(page: Any) -> Any:
    return page.get_text("dict", flags=pymupdf.TEXTFLAGS_DICT & ~pymupdf.TEXT_PRESERVE_IMAGES)


def lines(page: Any) -> list[dict[str, Any]]:
    read = scan.recognise(page, content(page), Options())
    return [line for block in read["blocks"] for line in block["lines"]]


def texts(page: Any) -> list[str]:
    return ["".join(span["text"] for span in line["spans"]) for line in lines(page)]


@pytest.mark.parametrize(
    ("page", "needs"),
    [
        pytest.param(lambda: typed(ENGLISH), False, id="text"),
        pytest.param(lambda: typed(CHINESE, font="china-s"), False, id="chinese text"),
        pytest.param(lambda: typed([]), False, id="blank"),
        pytest.param(lambda: scanned(ENGLISH), True, id="a picture alone"),
        pytest.param(lambda: scanned(ENGLISH, layer="Archive copy, page 3", mode=0), True, id="a stamp over a picture"),
        pytest.param(lambda: scanned(ENGLISH, layer=" ".join(ENGLISH * 2)), False, id="a good hidden layer"),
        pytest.param(lambda: scanned(CHINESE, layer="".join(CHINESE * 4)), False, id="a good Chinese layer"),
        pytest.param(lambda: scanned(ENGLISH, layer=" ".join("".join(ENGLISH * 2))), True, id="letters apart"),
        pytest.param(lambda: scanned(CHINESE, layer="FA fe PP eB BEE Ts PAY TE AY Ae OM a RN " * 8), True, id="junk"),
        pytest.param(lambda: scanned(ENGLISH, layer="\ue012\ue013 \ue044" * 80), True, id="private characters"),
        pytest.param(lambda: scanned(ENGLISH, layer=" ".join(ENGLISH * 2), mode=0), False, id="text over a picture"),
    ],
)
def test_pages_without_usable_text_are_found(page: Any, needs: bool) -> None:
    made = page()
    assert scan.needs_ocr(made, content(made)) is needs


def test_visible_text_whose_characters_mean_nothing_is_found() -> None:
    garbled = "".join(CHINESE).encode("gb18030").decode("latin-1")
    page = typed([garbled[:40], garbled[40:80]])
    assert scan.needs_ocr(page, content(page))


def test_letters_drawn_as_outlines_are_found() -> None:
    page = typed([])
    for number in range(200):
        page.draw_circle((20 + number % 20 * 18, 20 + number // 20 * 18), 4, fill=0)
    assert scan.needs_ocr(page, content(page))


@pytest.fixture(scope="module")
def upright() -> list[dict[str, Any]]:
    return lines(scanned(ENGLISH))


@needs_tesseract
def test_a_page_is_read_line_by_line_in_one_size(upright: list[dict[str, Any]]) -> None:
    assert [line["spans"][0]["text"] for line in upright] == ENGLISH
    assert len({line["spans"][0]["size"] for line in upright}) == 1
    assert upright[0]["spans"][0]["size"] == pytest.approx(14, abs=2)
    expected = content(typed(ENGLISH))["blocks"][0]["lines"][0]["bbox"]
    assert all(abs(one - other) < 6 for one, other in zip(upright[0]["bbox"], expected, strict=True))


@needs_tesseract
def test_chinese_is_read_without_spaces() -> None:
    read = texts(scanned(CHINESE, font="china-s"))
    assert [line.replace(",", "，") for line in read] == CHINESE


@needs_tesseract
@pytest.mark.parametrize("turned", [90, 270])
def test_a_page_that_was_scanned_lying_is_read(turned: int) -> None:
    read = lines(scanned(ENGLISH, turned=turned))
    assert [line["spans"][0]["text"] for line in read] == ENGLISH
    angle = math.radians(turned)
    assert read[0]["dir"] == pytest.approx((math.cos(angle), math.sin(angle)), abs=0.01)


@needs_tesseract
def test_a_page_that_the_pdf_turns_has_the_coordinates_of_its_text(upright: list[dict[str, Any]]) -> None:
    page = scanned(ENGLISH)
    page.set_rotation(90)
    turned = lines(page)
    for one, other in zip(upright, turned, strict=True):
        assert one["bbox"] == pytest.approx(other["bbox"], abs=3)
        assert one["dir"] == pytest.approx(other["dir"], abs=0.01)


@needs_tesseract
def test_visible_text_stays_and_a_bad_hidden_layer_goes() -> None:
    page = scanned(ENGLISH, layer="Archive copy", mode=0)
    page.insert_text((40, 280), "FA fe PP eB", fontsize=9, render_mode=HIDDEN)
    read = texts(page)
    assert read.count("Archive copy") == 1
    assert set(ENGLISH) < set(read)
    assert "FA fe PP eB" not in read


@needs_tesseract
def test_columns_stay_apart() -> None:
    page = scanned([f"{line[:16]}          {line[16:32]}" for line in ENGLISH])
    assert len(lines(page)) == 2 * len(ENGLISH)


@needs_tesseract
def test_a_picture_without_letters_has_no_text() -> None:
    page = pymupdf.open().new_page(width=300, height=300)
    grain = bytes((x * x + 7 * y) % 251 for x in range(100) for y in range(100))
    noise = pymupdf.Pixmap(pymupdf.csGRAY, 100, 100, grain, False)
    page.insert_image(page.rect, pixmap=noise)
    assert texts(page) == []


@needs_tesseract
def test_a_huge_page_is_read_at_a_size_that_fits_into_memory() -> None:
    page = pymupdf.open().new_page(width=14_000, height=14_000)
    page.insert_image(page.rect, pixmap=typed(ENGLISH).get_pixmap(dpi=200))
    assert [line for line in texts(page) if line in ENGLISH] == ENGLISH


@pytest.mark.parametrize("options", [Options(ocr=False), Options(ocr_languages="xxx+yyy")])
def test_what_cannot_be_read_here_says_what_to_do(options: Options) -> None:
    page = scanned(ENGLISH)
    with pytest.raises(UnreadableError, match=r"parse\.ocr|apt-get install tesseract-ocr") as caught:
        scan.recognise(page, content(page), options)
    assert (caught.value.reason, caught.value.passing) == ("needs_ocr", True)


def test_a_document_of_scans_alone_can_be_read_later_where_tesseract_is(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    scanned(ENGLISH).parent.save(path)
    with pytest.raises(UnreadableError) as caught:
        read(path, Options(ocr_languages="xxx"))
    assert (caught.value.reason, caught.value.passing) == ("needs_ocr", True)


def test_pages_that_cannot_be_read_here_are_told_together(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "A page that can be read, with enough of text to be one.")
    for _ in range(3):
        document.insert_pdf(scanned(ENGLISH).parent)
    document.save(tmp_path / "mixed.pdf")
    reading = read(tmp_path / "mixed.pdf", Options(ocr=False))
    [loss] = reading.losses
    assert (loss.reason, loss.passing, loss.detail.endswith("(pages 2, 3, 4)")) == ("needs_ocr", True, True)


@needs_tesseract
def test_languages_that_are_missing_are_left_out() -> None:
    assert scan.available("xxx+chi_sim+eng") == "chi_sim+eng"


def test_without_tesseract_there_are_no_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/dev/null")
    tesseract.installed.cache_clear()
    try:
        assert scan.available("eng+chi_sim") == ""
    finally:
        tesseract.installed.cache_clear()


@needs_tesseract
def test_all_cells_of_a_ruled_table_are_read_each_by_itself() -> None:
    page = typed([])
    rows = [("Part", "Count", "Weight"), ("lid", "5", "12 kg"), ("tank", "1", "30 kg"), ("hose", "4", "7 kg")]
    for down, row in enumerate(rows):
        for across, text in enumerate(row):
            page.draw_rect((30 + 120 * across, 30 + 40 * down, 150 + 120 * across, 70 + 40 * down))
            page.insert_text((45 + 120 * across, 55 + 40 * down), text, fontsize=14)
    scan_of_it = pymupdf.open().new_page(width=420, height=300)
    scan_of_it.insert_image(scan_of_it.rect, pixmap=page.get_pixmap(dpi=200))
    assert texts(scan_of_it) == [text for row in rows for text in row]


@needs_tesseract
def test_a_picture_that_only_looks_like_letters_is_left_out_aloud(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 72), "Velm")
    art = pymupdf.open().new_page(width=400, height=300)
    for number in range(40):  # strokes that Tesseract takes for letters
        left, top = 30 + 45 * (number % 8), 40 + 50 * (number // 8)
        art.draw_bezier((left, top), (left + 30, top - 20), (left - 10, top + 30), (left + 25, top + 20), width=3)
    page.insert_image(page.rect, pixmap=art.get_pixmap(dpi=150))
    document.save(tmp_path / "cover.pdf")
    reading = read(tmp_path / "cover.pdf", Options())
    [loss] = reading.losses
    assert (loss.reason, loss.passing) == ("ocr_unsure", False)
    assert [block.text for block in reading.blocks] == ["Velm"]
    [loss] = read(tmp_path / "cover.pdf", Options(ocr_languages="eng+chi_sim+xxx")).losses
    assert (loss.passing, loss.detail.endswith("apt-get install tesseract-ocr tesseract-ocr-xxx")) == (True, True)
