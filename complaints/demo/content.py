"""The words of the demo, read from complaints/defaults/demo.yaml."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).resolve().parent.parent / "defaults" / "demo.yaml"


class Part(BaseModel):
    """A part of the demo's words."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """A text in both languages."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """Return the text for a language."""
        return self.zh if language.startswith("zh") else self.en


class Place(Words):
    """A site, a team or a product."""

    code: str


class PersonDef(Part):
    """A colleague of the demo organisation."""

    username: str
    name: str
    role: str
    language: str
    site: str | None = None
    team: str | None = None


class Story(Words):
    """A kind of complaint: how it is told, what is found, what is done."""

    category: str
    products: tuple[str, ...]
    finding: Words | None = None
    season: tuple[int, ...] = (1,) * 12
    cause: str = "unknown"
    remedy: str = "information"
    person: bool = False
    trigger: str = ""


class DemoContent(Part):
    """Everything the demo says."""

    organisation: Words
    sites: tuple[Place, ...]
    teams: tuple[Place, ...]
    people: tuple[PersonDef, ...]
    products: tuple[Place, ...]
    surnames: tuple[str, ...]
    given: tuple[str, ...]
    foreign: tuple[str, ...]
    stories: tuple[Story, ...]
    unfounded: Words  # what is found where the complaint is not upheld
    spike: Story
    emergencies: tuple[Story, ...]
    remedy_texts: dict[str, Words]
    seeks: dict[str, Words]  # what is asked for, by the remedy that the story ends with
    comments: dict[str, tuple[Words, ...]]
    notes: tuple[Words, ...]
    lessons: tuple[Words, ...]


@lru_cache(maxsize=1)
def content() -> DemoContent:
    """Return the demo's words, validated."""
    data: Any = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return DemoContent.model_validate(data)
