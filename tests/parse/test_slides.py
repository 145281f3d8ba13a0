"""Decks that the test makes: order, lists, links, charts, notes, what is hidden, what is broken."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pptx
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Inches, Pt

from tasks.parse import slides
from tasks.parse.blocks import Block, Options, Reading, UnreadableError
from tasks.parse.slides.placing import in_order

TITLED, BLANK, BODY = 5, 6, 1  # layouts of python-pptx's own template


def read(deck: Any, path: Path, **options: bool) -> Reading:
    deck.save(str(path / "deck.pptx"))
    return slides.read(path / "deck.pptx", Options(**options))


def texts(reading: Reading) -> list[str]:
    return [block.text for block in reading.blocks if block.text]


def box(slide: Any, left: float, top: float, text: str, width: float = 4, height: float = 1) -> Any:
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
    shape.text_frame.text = text
    return shape


def test_columns_are_read_one_after_the_other_and_labels_with_their_values(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    columns = deck.slides.add_slide(deck.slide_layouts[TITLED])
    columns.shapes.title.text = "Velm"
    for row in range(2):
        box(columns, 5.2, 2 + row, f"right {row}")
        box(columns, 0.5, 2 + row, f"左{row}")
    pairs = deck.slides.add_slide(deck.slide_layouts[BLANK])
    for row in range(2):
        box(pairs, 1.7, 2 + 2 * row, f"step {row}")
        box(pairs, 1, 2 + 2 * row, f"0{row}", width=0.5)
    assert texts(read(deck, tmp_path)) == [
        *("Velm", "左0", "左1", "right 0", "right 1"),
        *("00", "step 0", "01", "step 1"),
    ]


def test_boxes_that_overlap_a_little_are_still_parted() -> None:
    areas = {"a": (0, 0, 10, 10), "b": (0, 9, 10, 20), "c": (9, 0, 20, 10), "d": (9, 9, 20, 20), "top": (0, -9, 20, 0)}
    assert in_order([(area, name) for name, area in reversed(areas.items())]) == ["top", "a", "b", "c", "d"]


def test_groups_charts_and_notes_stand_in_order(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[TITLED])
    slide.shapes.title.text = "Velm"
    box(slide, 1, 6, "below")
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(2), Inches(3), Inches(1)).text_frame.text = "in a group"
    data = CategoryChartData()
    data.categories = ["May", "June"]
    data.add_series("Sales", (3, 4.5))
    chart = slide.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(3), Inches(1), data
    ).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Sales by month"
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    reading = read(deck, tmp_path)
    table = "|  | Sales |\n| --- | --- |\n| May | 3 |\n| June | 4.5 |"
    assert texts(reading) == ["Velm", "in a group", "Sales by month", table, "below", "Say it slowly."]
    assert {block.page for block in reading.blocks} == {1}
    assert texts(read(deck, tmp_path, speaker_notes=False))[-1] == "below"


def test_points_of_a_scatter_chart(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    data = XyChartData()
    series = data.add_series("Speed")
    series.add_data_point(1, 2.5)
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, 0, 0, Inches(4), Inches(3), data)
    assert texts(read(deck, tmp_path)) == ["|  | Speed |\n| --- | --- |\n| 1 | 2.5 |"]


def test_lists_have_levels_numbers_and_bullets_of_the_layout(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[BODY])
    frame = slide.placeholders[1].text_frame
    frame.text = "清单"
    numbered = '<a:pPr {ns} lvl="{level}"><a:buAutoNum type="{kind}"{start}/></a:pPr>'
    for text, level, kind, start in (
        ("first", 0, "arabicPeriod", ""),
        ("inner", 1, "alphaLcParenR", ""),
        ("second", 0, "arabicPeriod", ""),
        ("第三", 0, "ea1ChsPeriod", ' startAt="3"'),
    ):
        paragraph = frame.add_paragraph()
        paragraph.text = text
        style = numbered.format(ns=nsdecls("a"), level=level, kind=kind, start=start)
        paragraph._p.insert(0, parse_xml(style))
    found = [(block.mark, block.level, block.text) for block in read(deck, tmp_path).blocks if block.kind == "item"]
    assert found == [
        *(("-", 0, "清单"), ("1.", 0, "first"), ("a)", 1, "inner"), ("2.", 0, "second"), ("三、", 0, "第三")),
    ]


def test_a_large_text_serves_as_title_and_links_keep_their_address(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    title = box(slide, 1, 0.5, "松烟灰的由来")
    title.text_frame.paragraphs[0].runs[0].font.size = Pt(36)
    run = box(slide, 1, 2, "See ").text_frame.paragraphs[0].add_run()
    run.text, run.hyperlink.address = "our page", "https://quellmere.example/velm"
    macro = box(slide, 1, 4, "").text_frame.paragraphs[0].add_run()
    macro.text, macro.hyperlink.address = "run", "file:///c:/evil.exe"
    assert read(deck, tmp_path).blocks == [
        Block("heading", "松烟灰的由来", 2, 1),
        Block("paragraph", "See [our page](https://quellmere.example/velm)", page=1),
        Block("paragraph", "run", page=1),
    ]


def test_powers_indices_and_the_space_before_a_link_are_kept(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    line = box(slide, 1, 2, "约 10").text_frame.paragraphs[0]
    for text, baseline, address in (
        *(("6", "30000", None), (" times ", "0", None), ("our page", None, "https://quellmere.example/velm")),
        *((", log2", None, None), ("10", "-25%", None), (" and H", None, None), ("2", "-25000", None)),
    ):
        run = line.add_run()
        run.text, run.hyperlink.address = text, address
        if baseline:
            run.font._element.set("baseline", baseline)
    assert texts(read(deck, tmp_path)) == ["约 10^6 times [our page](https://quellmere.example/velm), log2_10 and H2"]


def test_sections_and_hidden_slides(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    for name in ("one", "two", "secret"):
        deck.slides.add_slide(deck.slide_layouts[TITLED]).shapes.title.text = name
    deck.slides[2]._element.set("show", "0")
    first, *rest = [entry.get("id") for entry in deck.part._element.sldIdLst]
    listed = "".join(f'<p14:sldId id="{ident}"/>' for ident in rest)
    sections = (
        f'<p:extLst {nsdecls("p")}><p:ext uri="{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}"><p14:sectionLst '
        'xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main">'
        f'<p14:section name="Default Section" id="{{A}}"><p14:sldIdLst><p14:sldId id="{first}"/></p14:sldIdLst>'
        f'</p14:section><p14:section name="维护" id="{{B}}"><p14:sldIdLst>{listed}</p14:sldIdLst></p14:section>'
        "</p14:sectionLst></p:ext></p:extLst>"
    )
    deck.part._element.append(parse_xml(sections))
    reading = read(deck, tmp_path)
    assert [(block.text, block.level) for block in reading.blocks] == [("one", 3), ("维护", 1), ("two", 3)]
    assert [(loss.reason, loss.page) for loss in reading.losses] == [("hidden_slide", 3)]
    assert reading.pages == 3
    assert "secret" in texts(read(deck, tmp_path, hidden_slides=True))


def test_pictures_say_what_people_wrote_of_them(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
    )
    for number, alt in enumerate(("image1.png", "松烟灰的罐子", "A jar\n\nDescription automatically generated")):
        picture = slide.shapes.add_picture(io.BytesIO(pixel), 0, Inches(2 * number), Inches(1), Inches(1))
        picture._element.nvPicPr.cNvPr.set("descr", alt)
    assert texts(read(deck, tmp_path)) == ["![松烟灰的罐子]", "![A jar]"]


def test_merged_cells_equations_and_embedded_objects(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    grid = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    grid.cell(0, 0).text = "合并"
    grid.cell(0, 0).merge(grid.cell(0, 1))
    grid.cell(1, 0).text, grid.cell(1, 1).text = "a", "b"
    shape = box(slide, 0, 3, "Area ")
    shape.text_frame.paragraphs[0]._p.append(
        etree.fromstring(
            '<a14:m xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
            'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:oMath><m:sSup><m:e><m:r><m:t>r</m:t>'
            "</m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></a14:m>"
        )
    )
    slide.shapes.add_ole_object(io.BytesIO(b"x"), "Excel.Sheet.12", 0, Inches(5))
    reading = read(deck, tmp_path)
    assert texts(reading) == ["| 合并 | 合并 |\n| --- | --- |\n| a | b |", "Area r^2"]
    assert [(loss.reason, loss.page) for loss in reading.losses] == [("embedded", 1)]


def test_a_damaged_show_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    for name in ("gone", "whole", "cut"):
        slide = deck.slides.add_slide(deck.slide_layouts[TITLED])
        slide.shapes.title.text = name
        box(slide, 1, 3, f"{name} body")
    deck.save(str(tmp_path / "whole.pptx"))
    path = tmp_path / "damaged.ppsx"
    with zipfile.ZipFile(tmp_path / "whole.pptx") as whole, zipfile.ZipFile(path, "w") as damaged:
        for name in whole.namelist():
            data = whole.read(name)
            if name.endswith("slide3.xml"):
                data = data[: data.index(b"cut body")]
            if name == "[Content_Types].xml":
                data = data.replace(b"presentationml.presentation.main", b"presentationml.slideshow.main")
            if not name.endswith("slide1.xml"):
                damaged.writestr(name, data)
    reading = slides.read(path, Options())
    assert texts(reading) == ["whole", "whole body", "cut"]
    assert {loss.reason for loss in reading.losses} == {"broken_slide", "damaged_part"}


def test_a_slide_that_is_not_one_costs_itself_alone(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    for name in ("first", "second", "third"):
        deck.slides.add_slide(deck.slide_layouts[TITLED]).shapes.title.text = name
    deck.save(str(tmp_path / "whole.pptx"))
    with (
        zipfile.ZipFile(tmp_path / "whole.pptx") as whole,
        zipfile.ZipFile(tmp_path / "damaged.pptx", "w") as damaged,
    ):
        for name in whole.namelist():
            data = whole.read(name)
            if name.endswith("slide2.xml"):
                data = re.sub(rb"<p:cSld>.*</p:cSld>", b"", data, flags=re.DOTALL)
            damaged.writestr(name, data)
    reading = slides.read(tmp_path / "damaged.pptx", Options())
    assert texts(reading) == ["first", "third"]
    assert [(loss.reason, loss.page) for loss in reading.losses] == [("broken_slide", 2)]


def test_a_deck_of_too_many_slides_is_refused(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    for _ in range(3):
        deck.slides.add_slide(deck.slide_layouts[TITLED])
    deck.save(str(tmp_path / "long.pptx"))
    with pytest.raises(UnreadableError, match=r"parse\.max_pages") as caught:
        slides.read(tmp_path / "long.pptx", Options(max_pages=2))
    assert caught.value.reason == "too_many_pages"


def test_a_diagram_is_read_once_with_its_levels(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    box(slide, 1, 0.5, "Above the diagram")
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawn = "http://schemas.openxmlformats.org/drawingml/2006"
    points = "".join(
        f'<dgm:pt modelId="{n}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for n, text in enumerate(("检查", "水箱", "Repair"), start=1)
    )
    links = "".join(
        f'<dgm:cxn modelId="{10 + n}" srcId="{source}" destId="{target}" srcOrd="{order}" destOrd="0"/>'
        for n, (source, target, order) in enumerate(((0, 1, 0), (1, 2, 0), (0, 3, 1)))
    )
    data = (
        f'<dgm:dataModel xmlns:dgm="{drawn}/diagram" xmlns:a="{drawn}/main"><dgm:ptLst><dgm:pt modelId="0" type="doc"/>'
        f"{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>"
    )
    part = Part(PackURI("/ppt/diagrams/data1.xml"), "application/xml", slide.part.package, data.encode())
    name = slide.part.relate_to(part, f"{relations}/diagramData")
    frame = (
        f'<p:graphicFrame {nsdecls("p", "a", "r")}><p:nvGraphicFramePr><p:cNvPr id="9" name="Diagram"/>'
        "<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>"
        '<p:xfrm><a:off x="900000" y="2900000"/><a:ext cx="900000" cy="900000"/></p:xfrm>'
        f'<a:graphic><a:graphicData uri="{drawn}/diagram"><dgm:relIds xmlns:dgm="{drawn}/diagram" r:dm="{name}"/>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )
    slide.shapes._spTree.append(parse_xml(frame))
    found = [(block.kind, block.level, block.text) for block in read(deck, tmp_path).blocks if block.text]
    assert found == [
        ("paragraph", 0, "Above the diagram"),
        *(("item", 0, "检查"), ("item", 1, "水箱"), ("item", 0, "Repair")),
    ]
