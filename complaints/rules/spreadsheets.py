"""What a spreadsheet may be given: text it must not run, and the parts of a workbook. Pure.

Excel and its like run a cell that begins with one of these signs, also after spaces. An
apostrophe in front makes it text. Numbers and dates that we write ourselves need none.
"""

import re
from xml.sax.saxutils import escape

SPACES = " \t\r\n\v\f\u00a0\u3000"
RISKY = "=+-@＝＋－＠"  # full-width forms count: some programs read them as the plain ones
RISKY_AT_ONCE = "\t\r\n"  # these even without anything behind them
LONGEST_CELL = 32_767  # characters that a cell of a workbook can hold
MOST_ROWS = 1_048_576  # rows that a sheet can hold
_CUT = "…"
_SEPARATOR = "\x1f"
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1e\ufffe\uffff\ud800-\udfff]")


def harmless(text: str) -> str:
    """Return a text as a spreadsheet may hold it."""
    begins = text.lstrip(SPACES)[:1]
    if (begins and begins in RISKY) or text[:1] in tuple(RISKY_AT_ONCE):
        return f"'{text}"
    return text


# --- the parts of a workbook -------------------------------------------------------------------

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
CELLS = {
    "text": '<c t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>',
    "moment": '<c s="1"><v>%s</v></c>',
    "number": "<c><v>%s</v></c>",
}
_EMPTY = tuple(cell % "" for cell in CELLS.values())
STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf/><xf numFmtId="164" applyNumberFormat="1"/>'
    '<xf fontId="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
SHEET_BEGINS = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '</sheetView></sheetViews><sheetFormatPr defaultColWidth="18" defaultRowHeight="15"/>'
    "<sheetData>"
)
SHEET_ENDS = "</sheetData></worksheet>"
ROOT = (
    f'{_HEAD}<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
    f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def row_template(kinds: list[str]) -> str:
    """Return the XML of a row of cells of these kinds, to be filled with `%`."""
    return "<row>" + "".join(CELLS[kind] for kind in kinds) + "</row>"


def row_xml(template: str, values: list[str]) -> str:
    """Return a row as XML. Text is escaped, what XML cannot hold is left out, too much is cut."""
    if any(len(value) > LONGEST_CELL for value in values):
        values = [_cut(value) for value in values]
    # One pass over the whole row is quicker than one per cell.
    joined = _SEPARATOR.join(values)
    if joined.count(_SEPARATOR) != len(values) - 1:
        joined = _SEPARATOR.join(value.replace(_SEPARATOR, "") for value in values)
    joined = escape(_NO_XML.sub("", joined))
    row = template % tuple(joined.split(_SEPARATOR))
    for empty in _EMPTY:
        row = row.replace(empty, "<c/>")
    return row


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_CELL else value[: LONGEST_CELL - 1] + _CUT


def header_xml(names: list[str]) -> str:
    """Return the first row, in bold."""
    cell = CELLS["text"].replace("<c ", '<c s="2" ')
    return "<row>" + "".join(cell % escape(name) for name in names) + "</row>"


def workbook_parts(sheets: list[str]) -> dict[str, str]:
    """Return the parts that name the sheets, by their place in the archive."""
    numbers = range(1, len(sheets) + 1)
    return {
        "[Content_Types].xml": (
            f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}styles+xml"/>'
            + "".join(
                f'<Override PartName="/xl/worksheets/sheet{number}.xml"'
                f' ContentType="{_TYPE}worksheet+xml"/>'
                for number in numbers
            )
            + "</Types>"
        ),
        "_rels/.rels": ROOT,
        "xl/styles.xml": STYLES,
        "xl/workbook.xml": (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            + "".join(
                f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
                for number, name in zip(numbers, sheets, strict=True)
            )
            + "</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_HEAD}<Relationships xmlns="{_RELATIONS}">'
            + "".join(
                f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet"'
                f' Target="worksheets/sheet{number}.xml"/>'
                for number in numbers
            )
            + f'<Relationship Id="rId{len(sheets) + 1}" Type="{_OFFICE}/styles"'
            ' Target="styles.xml"/></Relationships>'
        ),
    }
