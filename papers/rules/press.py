"""The press: one job in, the bytes of one paper out. A program of its own (`services.render_paper`
starts it), so that the library and its fonts, some 70 MB, never weigh on a web worker, and a fault
in it takes down nothing else.

The same job makes the same bytes: the moment is part of the job, fonts come from a locked package
alone, and sheets read data as data, so that no text of anybody's can become a command.
"""

import base64
import json
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from papers.rules.glyphs import Glyphs, ranges_of

SHEETS = Path(__file__).resolve().parent.parent / "sheets"
# Archivable with files attached (ISO 19005-3, level A) and accessible (ISO 14289-1).
STANDARDS: list[Any] = ["a-3a", "ua-1"]
_PIXELS = 192.0  # per inch: sharp on a dense screen and in a slide
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,80}")


def font_folder() -> Path:
    """Return the folder of the one family we print with: Chinese and Latin, in all weights."""
    return Path(str(files("justmytype_intl_cjk"))) / "fonts" / "ofl" / "notosanssc"


def glyphs() -> Glyphs:
    """Return what our font can show."""
    return Glyphs(ranges_of(next(font_folder().glob("*.ttf")).read_bytes()))


def pressed(job: dict[str, Any]) -> bytes:
    """Make the paper of a job: sheet, data, attachments, moment, form. Raises typst.TypstError."""
    legible = glyphs().legible_in({"data": job["data"], "words": job["words"]})
    with TemporaryDirectory(prefix="paper-") as folder:
        root = Path(folder)
        for sheet in SHEETS.glob("*.typ"):
            shutil.copyfile(sheet, root / sheet.name)
        attached = [_attached(root, attachment) for attachment in job["attachments"]]
        text = json.dumps({**legible, "attached": attached}, ensure_ascii=False)
        (root / "job.json").write_text(text, encoding="utf-8")
        compiler = typst.Compiler(
            input=str(root / f"{_name(job['sheet'])}.typ"),
            root=str(root),
            font_paths=[str(font_folder())],
            ignore_system_fonts=True,
        )
        if job["form"] == "png":
            found = compiler.compile(format="png", ppi=_PIXELS)
        else:
            found = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=job["at"])
    page = found[0] if isinstance(found, list) else found
    if page is None:
        raise RuntimeError("the press gave nothing back")
    return page


def _attached(root: Path, attachment: dict[str, str]) -> dict[str, str]:
    name = _name(attachment["name"])
    (root / name).write_bytes(base64.b64decode(attachment["content"]))
    return {"name": name, "kind": attachment["kind"], "about": attachment["about"]}


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not the name of a file: {name!r}")
    return name


if __name__ == "__main__":
    sys.stdout.buffer.write(pressed(json.load(sys.stdin.buffer)))
