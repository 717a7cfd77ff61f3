"""Paper: archivable and accessible PDF, the same bytes each time, nothing lost and nothing run."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from papers.errors import PaperError
from papers.rules import blocks
from papers.rules.glyphs import Glyphs, ranges_of
from papers.rules.press import font_folder, glyphs
from papers.services import Attachment, render_paper

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
DATA = b'{"answer": 42}'


def _data(*found: blocks.Block, **changes: Any) -> dict[str, Any]:
    return {
        "title": "投诉月度报告",
        "subject": "2026年5月",
        "place": "全组织",
        "organisation": "清禾家电",
        "about": "投诉处理",
        "mark": "",
        "foot": "截至 2026年5月1日",
        "facts": [("期间", "五月")],
        "contents": True,
        "blocks": list(found),
        **changes,
    }


def _paper(*found: blocks.Block, language: str = "zh-hans", **changes: Any) -> bytes:
    given: dict[str, Any] = {"sheet": "report", "language": language, "at": AT}
    return render_paper(data=_data(*found), **{**given, **changes})


def _text(paper: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)


EVERY_BLOCK = (
    blocks.heading("概览"),
    blocks.tiles(
        [{"name": "收到", "figure": "31", "notes": ["上期：34"], "tone": "ok", "verdict": "达标"}]
    ),
    blocks.heading("明细", level=2),
    blocks.text("正文。"),
    blocks.notice("暂定。"),
    blocks.facts([("名称", "值")]),
    blocks.table(["甲", "乙"], [["一", blocks.cell("1", "注")]] * 80, widths=[1, 0], numbers=[1]),
    blocks.heat(["类别", "05-04", "合计"], [("产品", [(3, 5)], 3)]),
    blocks.lines([{"words": "0–7天", "figure": "9", "length": 100.0}], "0–7天：9"),
)


def test_a_paper_is_archivable_and_accessible_with_its_data_attached() -> None:
    attached = Attachment("report.json", "application/json", "the data", DATA)
    paper = _paper(*EVERY_BLOCK, attachments=[attached])
    with pikepdf.open(io.BytesIO(paper)) as pdf:
        with pdf.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "A")
            assert meta["pdfuaid:part"] == "1"
        root = pdf.Root
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        assert str(root.Lang) == "zh-CN"
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert pdf.attachments["report.json"].get_file().read_bytes() == DATA
        assert [str(file.AFRelationship) for file in root.AF] == ["/Data"]
        assert str(root.AF[0].EF.F.Subtype) == "/application/json"
        fonts = [one for one in pdf.objects if _is_a(one, "/FontDescriptor")]
        assert fonts
        assert all({"/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)


def _is_a(one: Any, kind: str) -> bool:
    return isinstance(one, pikepdf.Dictionary) and one.get("/Type") == kind


def test_text_can_be_taken_out_again_in_chinese_and_the_contents_have_page_numbers() -> None:
    text = _text(_paper(*EVERY_BLOCK))
    for words in ("投诉月度报告", "清禾家电", "概览", "正文。", "上期：34", "目录"):
        assert words in text.replace(" ", "").replace("\n", ""), words
    reader = PdfReader(io.BytesIO(_paper(*EVERY_BLOCK)))
    assert len(reader.pages) > 2
    assert [item.title for item in reader.outline if not isinstance(item, list)] == ["概览"]
    # The head of a table is repeated on the page it goes on to.
    assert all("甲" in page.extract_text() for page in reader.pages[1:3])


def test_the_same_paper_has_the_same_bytes_and_another_moment_makes_another() -> None:
    assert _paper(*EVERY_BLOCK) == _paper(*EVERY_BLOCK)
    assert _paper(blocks.text("x")) != _paper(blocks.text("x"), at=AT.replace(hour=9))


def test_each_language_names_itself() -> None:
    english = _paper(blocks.heading("Overview"), language="en")
    with pikepdf.open(io.BytesIO(english)) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
    assert "Page 1 of 1" in _text(english)


def test_what_the_font_lacks_is_told_by_its_number_instead_of_failing() -> None:
    text = _text(_paper(blocks.text("谢谢 😀 𠮷\u200d\ufe0f\x07!"))).replace(" ", "")
    assert "谢谢〔U+1F600〕〔U+20BB7〕!" in text


def test_what_people_write_is_data_and_never_a_command() -> None:
    evil = '#read("/etc/passwd") $x$ *bold* _it_ @ref <label> = head // \\ `raw` "]}'
    assert "/etc/passwd" in _text(_paper(blocks.text(evil)))
    assert "*bold*" in _text(_paper(blocks.text(evil)))


def test_a_picture_is_a_png_as_high_as_it_must_be() -> None:
    data = _data(blocks.text("x"))
    small = render_paper(sheet="picture", data=data, language="en", at=AT, form="png")
    data = _data(*[blocks.text("x")] * 40)
    large = render_paper(sheet="picture", data=data, language="en", at=AT, form="png")
    assert small.startswith(b"\x89PNG")
    assert small[16:20] == large[16:20]  # as wide
    assert int.from_bytes(small[20:24]) * 3 < int.from_bytes(large[20:24])


@pytest.mark.parametrize(
    "changes",
    [
        {"sheet": "nothing"},
        {"sheet": "../report"},
        {"attachments": [Attachment("../x", "text/csv", "", b"")]},
    ],
)
def test_what_cannot_be_made_is_an_error_that_says_why(changes: dict[str, Any]) -> None:
    with pytest.raises(PaperError, match="Error"):
        _paper(blocks.text("x"), **changes)


def test_a_press_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("papers.services._LONGEST", 0.01)
    with pytest.raises(PaperError, match="not done in"):
        _paper()


def test_a_block_that_no_sheet_draws_is_an_error() -> None:
    with pytest.raises(PaperError, match="no such block"):
        _paper({"kind": "pie"})


def test_what_the_font_has_is_read_from_the_font_itself() -> None:
    found = glyphs()
    assert all(found.has(one) for one in "aé中文〔〕÷–·●①¥")
    assert not found.has("😀")
    assert found.legible_in({"a": ["😀", 1, None]}) == {"a": ["〔U+1F600〕", 1, None]}


def test_pages_do_not_carry_the_press() -> None:
    """Its 70 MB are those of a program of its own, started by whoever needs a paper."""
    code = (
        "import sys, django; django.setup(); import config.urls;"
        " sys.exit('typst' in sys.modules or 'fontTools' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT)
    assert done.returncode == 0


def test_a_font_without_a_map_of_all_of_unicode_is_refused() -> None:
    font = next(font_folder().glob("*.ttf")).read_bytes()
    assert len(ranges_of(font)) > 100
    with pytest.raises(ValueError, match="no character map"):
        ranges_of(b"\x00\x01\x00\x00\x00\x00" + b"\x00" * 20)
    assert json.dumps(Glyphs([(0x20, 0x7E)]).legible("a\tb")) == '"a\\tb"'
