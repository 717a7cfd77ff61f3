"""One word per thing, explained in both languages (CM-3)."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation

from complaints.selectors.glossary import glossary, glossary_document, spoken_glossary
from tests.complaints.factories import make_user

ROOT = Path(__file__).resolve().parent.parent.parent
# The terms that the requirement names, and those this domain cannot do without.
NEEDED = (
    *("complaint", "complainant", "response", "closure", "satisfaction"),
    *("acknowledgement", "assessment", "remedy", "nonconformity", "obligation"),
    *("repeat", "recurrence", "escalation", "emergency", "follow_up", "handling_policy"),
)


@pytest.mark.clause("CM-3")
@pytest.mark.parametrize("code", NEEDED)
def test_a_term_is_explained_in_both_languages(code):
    found = [item for item in glossary() if item.code == code]
    assert len(found) == 1
    for text in (found[0].term, found[0].text):
        assert set(text) == {"en", "zh"}
        assert text["en"].isprintable()
        assert not text["zh"].isascii()


def test_no_term_is_said_twice():
    codes = [item.code for item in glossary()]
    assert len(codes) == len(set(codes))
    for language in ("en", "zh"):
        words = [item.term[language] for item in glossary()]
        assert len(words) == len(set(words))


@pytest.mark.clause("CM-3")
@pytest.mark.parametrize(
    ("language", "word", "elsewhere"),
    [("en", "complainant", "投诉者"), ("zh-hans", "投诉者", "complainant")],
)
def test_the_page_speaks_the_readers_language_and_names_the_other(
    db, client, language, word, elsewhere
):
    client.force_login(make_user("agent", language=language))
    page = client.get(reverse("complaints:glossary")).content.decode()
    assert f"<strong>{word}</strong>" in page
    assert f">{elsewhere}</span>" in page
    with translation.override(language):
        assert len(spoken_glossary()) == page.count("<dt id=")


def test_the_document_agrees_with_the_page(capsys):
    call_command("glossary")
    assert capsys.readouterr().out == glossary_document()
    written = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert written == glossary_document(), "Write it anew: manage.py glossary > docs/glossary.md"
