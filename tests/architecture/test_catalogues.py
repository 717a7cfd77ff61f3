"""Every word a person reads stands in a catalogue or a data file, in English and in Chinese.

You broke this test by writing text into a template or a form (wrap it in `{% translate %}` or
`_()`), by a translation that lost a placeholder, or by a data file with one language only.
`make messages` collects new strings; the terms are those of complaints/defaults/glossary.yaml.
"""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django
import polib
import pytest
import yaml
from django.utils import translation
from django.utils.translation import gettext

from config.borrowed_texts import COUNTED, SENTENCES
from tests.catalogues import CATALOGUES, ROOT, gaps
from tests.floors import FLOORS


def found(*patterns: str) -> list[Path]:
    """Return the files of the project that fit, in a fixed order."""
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def named(path: Path) -> str:
    """Return how a file is called in a report."""
    return str(path.relative_to(ROOT))


TEMPLATES = found("templates/**/*.html", "templates/**/*.txt")
DATA_FILES = found(
    "complaints/defaults/*.yaml",
    "complaints/maps/*.yaml",
    "compliance/presets/*.yaml",
    "compliance/calendars/*.yaml",
    "retention/defaults/*.yaml",
)
CODE = [
    path
    for path in found(*(f"{app}/**/*.py" for app in FLOORS))
    if not {"migrations", "management", "demo"} & set(path.parts)
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|(</?\w+[^<>]*>)")


# --- the catalogue -------------------------------------------------------------------------------


def translations() -> list[tuple[str, str]]:
    """Return each English text with its Chinese."""
    return [
        (
            entry.msgid_plural or entry.msgid,
            entry.msgstr or "".join(entry.msgstr_plural.values()),
        )
        for file in CATALOGUES
        for entry in polib.pofile(str(file))
    ]


def placeholders(text: str) -> list[str]:
    """Return what is filled in and the tags, in the order of the alphabet."""
    return sorted({match.group(0) for match in PLACEHOLDER.finditer(text)})


def bare(text: str) -> str:
    """Return a text without placeholders and tags."""
    return PLACEHOLDER.sub("", text)


def test_every_string_is_translated_and_none_is_guessed():
    assert not gaps()


def test_a_translation_keeps_every_placeholder_and_tag():
    lost = [
        (english, chinese)
        for english, chinese in translations()
        if placeholders(english) != placeholders(chinese)
    ]
    assert not lost


def test_a_chinese_sentence_ends_with_a_chinese_mark():
    """A sentence stays a sentence; a question may become the name of a field."""
    wrong = []
    for english, chinese in translations():
        if not CHINESE.search(chinese):
            continue
        if chinese.endswith((".", "?", "!", ":", ";", ",")) or (
            re.search(r" .*\.$", english, re.DOTALL) and not chinese.endswith("。")
        ):
            wrong.append((english, chinese))
    assert not wrong


def test_chinese_is_punctuated_in_full_width():
    wrong = [
        chinese
        for _english, chinese in translations()
        if CHINESE.search(chinese)
        and (
            re.search(r"[()]", bare(chinese))
            or re.search(r"[\u4e00-\u9fff][,;:!?]", chinese)
            or chinese.count("（") != chinese.count("）")
            or chinese.count("“") != chinese.count("”")
        )
    ]
    assert not wrong


def test_chinese_addresses_nobody_with_a_familiar_you():
    """Pages speak without a pronoun, letters say 您."""
    assert not [chinese for _english, chinese in translations() if "你" in chinese]


def test_what_we_say_instead_of_django_is_still_a_text_of_django_and_goes_first():
    known = {
        entry.msgid
        for app in ("django/conf", "django/contrib/auth")
        for file in Path(django.__file__).parent.parent.glob(f"{app}/locale/en/**/*.po")
        for entry in polib.pofile(str(file))
    }
    assert not set(SENTENCES) - known
    with translation.override("zh-hans"):
        assert str(COUNTED[0] % {"num": 3}) == "3 天"
        assert gettext("This field is required.") == "请填写此项。"


# --- templates -----------------------------------------------------------------------------------

_DJANGO = re.compile(
    r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}"
    r"|\{%\s*block width\s*%\}.*?\{%\s*endblock.*?%\}"  # the name of a class
    r"|\{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%\}"
    r"|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
_LITERAL = re.compile(r"\b(?P<name>\w+)=(?P<quote>[\"'])(?P<value>.*?)(?P=quote)")
_PROSE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}|^[A-Z][a-z]|[\u4e00-\u9fff]{4}")
READ_ALOUD = {"alt", "aria-label", "placeholder", "title", "value", "label", "content"}
READ_ALOUD |= {"data-confirm", "data-confirm-title", "data-confirm-yes", "data-done"}
NOT_PROSE = {"code", "kbd", "script", "style", "samp", "svg"}
# Names, commands and signs that are the same in every language.
SAME_IN_ALL = {"Redress", "CSV", "XLSX", "PDF", "PNG", "YAML", "v"}
# Attributes with values for machines: identifiers, types, settings of a library.
FOR_MACHINES = re.compile(r"^[\w./#:;=,\s-]*$|^\{.*\}$")


class Reader(HTMLParser):
    """Collects the words a reader would see or hear."""

    def __init__(self) -> None:
        """Begin outside of everything."""
        super().__init__()
        self.inside: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read what an element says by its attributes."""
        self.inside.append(tag)
        for name, value in attrs:
            if name not in READ_ALOUD or not value:
                continue
            if name in {"value", "content"} and FOR_MACHINES.match(value):
                continue
            self.hear(value)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, and those that need no end."""
        while tag in self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Read what stands between elements."""
        if not NOT_PROSE & set(self.inside):
            self.hear(data)

    def hear(self, text: str) -> None:
        """Keep a text with words in it."""
        text = " ".join(text.split())
        if re.search(r"[^\W\d_]", text) and text not in SAME_IN_ALL:
            self.words.append(text)


def untranslated_in(template: str) -> list[str]:
    """Return the words of a template that stand outside every translate tag."""
    handed_on = [
        match["value"]
        for tag in _DJANGO.findall(template)
        if tag.startswith("{% include")
        for match in _LITERAL.finditer(tag)
    ]
    reader = Reader()
    reader.feed(_DJANGO.sub("", template))
    return [value for value in handed_on if _PROSE.search(value)] + reader.words


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
def test_a_template_says_nothing_outside_translate_tags(template):
    assert not untranslated_in(template.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello</p>",
        '<input placeholder="Name or number">',
        '<a aria-label="{{ name }} again">{{ name }}</a>',
        "{% if late %}late{% endif %}",
        '{% include "components/alert.html" with text="Nothing was changed." only %}',
        "<p>投诉</p>",
    ],
)
def test_the_reader_of_templates_finds_bare_words(template):
    assert untranslated_in(template)


@pytest.mark.parametrize(
    "template",
    [
        '<p title="{% translate "Hello" %}">{% translate \'Hello\' %} · {{ name }} 3 ×</p>',
        "{% blocktranslate %}Hello <b>{{ name }}</b>{% endblocktranslate %}",
        '<button value="yes"><code>manage.py</code></button>',
        "{# a remark #}{% comment %}another{% endcomment %}",
        '{% include "components/icon.html" with name="alert" only %}',
    ],
)
def test_the_reader_of_templates_lets_the_rest_pass(template):
    assert not untranslated_in(template)


# --- code ----------------------------------------------------------------------------------------

SHOWN = {"label", "help_text", "verbose_name", "verbose_name_plural", "empty_label", "message"}
REFUSALS = {"BadInput", "NotAllowed", "Refusal", "ValidationError"}
SAYS = {"success", "info", "warning", "error"}  # of django.contrib.messages


def bare_literals(source: str) -> Iterator[tuple[int, str]]:
    """Yield the texts that code hands to a person without translating them."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        shown: list[Any] = [word.value for word in node.keywords if word.arg in SHOWN]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in REFUSALS:
            shown += node.args[:1]
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in SAYS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "messages"
        ):
            shown += node.args[1:2]
        for value in shown:
            parts = value.values if isinstance(value, ast.JoinedStr) else [value]
            texts = [part.value for part in parts if isinstance(part, ast.Constant)]
            said = [text for text in texts if isinstance(text, str)]  # None and numbers say nothing
            yield from ((value.lineno, text) for text in said if re.search(r"[^\W\d_]", text))


# What the API says of itself is read by programmers, in English like its names.
OF_THE_API = re.compile(r"^(?:providers|complaints)/api/")
SHOWN_TO_PEOPLE = [module for module in CODE if not OF_THE_API.match(named(module))]


def test_the_api_speaks_of_itself_in_english_only_in_its_description():
    """A fault's message is for people and translated; only `help_text` is not."""
    for module in set(CODE) - set(SHOWN_TO_PEOPLE):
        source = re.sub(r"help_text=", "drawn=", module.read_text(encoding="utf-8"))
        assert not list(bare_literals(source)), named(module)


@pytest.mark.parametrize("module", SHOWN_TO_PEOPLE, ids=named)
def test_code_shows_nobody_an_untranslated_text(module):
    assert not list(bare_literals(module.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        'raise BadInput("This is wrong.", field="name")',
        'forms.CharField(label="Name")',
        'messages.success(request, "Saved.")',
        'raise NotAllowed(f"{name} may not.")',
    ],
)
def test_the_reader_of_code_finds_bare_texts(source):
    assert list(bare_literals(source))


def test_texts_are_translated_under_names_that_the_collection_knows():
    """`makemessages` finds `_` and the functions' own names, and overlooks any other alias."""
    aliases = [
        f"{named(module)}: {alias.asname}"
        for module in CODE
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.asname not in {None, "_"}
    ]
    assert not aliases


# --- data files ----------------------------------------------------------------------------------


def pairs(value: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield each text of a data file that stands in two languages."""
    if isinstance(value, dict):
        if {"en", "zh"} & set(value):
            yield path, value.get("en"), value.get("zh")
            value = {key: item for key, item in value.items() if key not in {"en", "zh"}}
        for key, item in value.items():
            yield from pairs(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from pairs(item, f"{path}[{index}]")


@pytest.mark.parametrize("file", DATA_FILES, ids=named)
def test_a_data_file_speaks_both_languages(file: Path):
    texts = list(pairs(yaml.safe_load(file.read_text(encoding="utf-8"))))
    assert texts
    wrong = [
        (path, english, chinese)
        for path, english, chinese in texts
        if not (isinstance(english, str) and english.strip() and not CHINESE.search(english))
        or not (isinstance(chinese, str) and CHINESE.search(chinese))
    ]
    assert not wrong


@pytest.mark.parametrize("file", DATA_FILES, ids=named)
def test_both_languages_of_a_data_file_have_the_same_placeholders(file: Path):
    """Letters say the same in both; a summary may be left out, a number never."""
    wrong = [
        path
        for path, english, chinese in pairs(yaml.safe_load(file.read_text(encoding="utf-8")))
        if placeholders(str(english)) != placeholders(str(chinese))
    ]
    assert not wrong
