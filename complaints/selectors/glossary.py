"""The words of the house and what they mean (CM-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils import translation

FILE = Path(__file__).resolve().parent.parent / "defaults" / "glossary.yaml"
HEADING = """# Glossary / 术语

One word per thing, in code, pages, messages and documents alike.
Made from `complaints/defaults/glossary.yaml` by `manage.py glossary > docs/glossary.md`.
"""


@dataclass(frozen=True)
class Term:
    """A word in both languages with its meaning."""

    code: str
    term: Mapping[str, str]
    text: Mapping[str, str]


@dataclass(frozen=True)
class SpokenTerm:
    """A word in the reader's language, and what it is called in the other one."""

    code: str
    term: str
    text: str
    elsewhere: str
    elsewhere_language: str


@cache
def glossary() -> tuple[Term, ...]:
    """Return all terms, in the order of a complaint's life."""
    rows: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(Term(row["code"], row["term"], row["text"]) for row in rows)


def spoken_glossary() -> list[SpokenTerm]:
    """Return all terms in the present language."""
    chinese = (translation.get_language() or "").startswith("zh")
    here, there = ("zh", "en") if chinese else ("en", "zh")
    tongue = "en" if chinese else "zh-hans"
    return [
        SpokenTerm(item.code, item.term[here], item.text[here], item.term[there], tongue)
        for item in glossary()
    ]


def glossary_document() -> str:
    """Return the glossary as a Markdown document in both languages."""
    parts = [HEADING]
    for item in glossary():
        parts.append(f"## {item.term['en']} / {item.term['zh']}\n")
        parts.append(f"{item.text['en']}\n")
        parts.append(f"{item.text['zh']}\n")
    return "\n".join(parts)
