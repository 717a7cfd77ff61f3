"""The frame around every page: what it offers, in which language, and how it says no."""

import re
from datetime import UTC, datetime
from importlib import reload
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils.formats import date_format
from django.utils.timezone import localtime, override
from django.utils.translation import override as speaking
from django.views import defaults
from django_htmx.middleware import HtmxDetails

from config import urls
from config.middleware import RefusalMiddleware
from journal.errors import Refusal

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = ["400.html", "403_csrf.html", "404.html", "500.html", "forbidden.html"]


@pytest.fixture
def page(client: Client, db: None) -> str:
    """Return the style page, which uses every component."""
    return client.get("/styleguide/").content.decode()


def test_a_page_carries_nothing_the_content_policy_forbids(page: str) -> None:
    """No inline style, script or handler, in what is rendered."""
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"\son[a-z]+=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert "<style" not in page


def test_no_template_carries_what_the_content_policy_forbids() -> None:
    """No inline style, script or handler, in what is written."""
    forbidden = re.compile(
        r"<[a-z][^>]*\s(style|on[a-z]+)=[\"']|<script(?![^>]*\ssrc=)|<style", re.IGNORECASE
    )
    offenders = [
        template.relative_to(ROOT)
        for template in TEMPLATES
        if forbidden.search(template.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_htmx_may_not_evaluate_words_as_code(page: str) -> None:
    """The content policy forbids it; saying so spares an error in the browser."""
    assert '"allowEval":false' in page
    assert '"includeIndicatorStyles":false' in page


def test_every_id_stands_once(page: str) -> None:
    """Labels and descriptions point at exactly one thing."""
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_every_icon_that_is_used_is_drawn() -> None:
    """A name that the sprite does not know would show an empty box."""
    drawn = set(re.findall(r'<symbol id="([^"]+)"', _read("static/img/icons.svg")))
    used: set[str] = set()
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        used |= set(re.findall(r'use href="{{ icons }}#([a-z-]+)"', text))
        used |= set(re.findall(r'components/icon.html" with name="([a-z-]+)"', text))
        used |= set(re.findall(r'\sicon="([a-z-]+)"', text))
    assert used <= drawn


@pytest.mark.parametrize(("language", "native"), [("en", "简体中文"), ("zh-hans", "English")])
def test_the_other_language_is_at_hand(
    client: Client, db: None, language: str, native: str
) -> None:
    """Each page offers the languages it is not written in, by their own names."""
    page = client.get("/styleguide/", headers={"accept-language": language}).content.decode()
    assert f'<html lang="{language}">' in page
    assert native in page


def test_an_error_is_tied_to_its_field(page: str) -> None:
    """Screen readers hear the error with the field, and the summary leads to it."""
    assert 'aria-describedby="wrong_email_error"' in page
    assert 'id="wrong_email_error"' in page
    assert '<a href="#wrong_email">' in page


def test_required_fields_say_so_in_words(page: str) -> None:
    """Not by a star or a colour."""
    label = re.search(r'<label for="id_name">.*?</label>', page)
    assert label
    assert "required" in label[0]


def test_a_refusal_is_a_fragment_for_htmx_and_a_page_otherwise(
    rf: RequestFactory, db: None
) -> None:
    """Both say why, and that nothing was lost."""
    middleware = RefusalMiddleware(lambda _: HttpResponse())
    for headers, is_page in (({"hx-request": "true"}, False), ({}, True)):
        answer = middleware.process_exception(
            _ready(rf.post("/", headers=headers)), Refusal("Nobody owns it <yet>.")
        )
        assert answer is not None
        text = answer.content.decode()
        assert answer.status_code == 409
        assert "Nobody owns it &lt;yet&gt;." in text
        assert "Nothing was changed" in text
        assert ("<html" in text) is is_page
        assert ("data-refusal" in text) is not is_page


def test_what_is_forbidden_is_a_fragment_for_htmx_and_a_page_otherwise(
    rf: RequestFactory, db: None
) -> None:
    """The same answer fits into a form's error slot or fills the window."""
    fragment = defaults.permission_denied(
        _ready(rf.post("/", headers={"hx-request": "true"})), PermissionError("no")
    )
    page = defaults.permission_denied(_ready(rf.get("/")), PermissionError(""))
    assert b"data-refusal" in fragment.content
    assert b"<html" not in fragment.content
    assert b"<html" in page.content


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_error_page_needs_no_context(name: str, language: str) -> None:
    """When everything is broken the page that says so must still come out."""
    with speaking(language):
        text = render_to_string(name)
    assert f'<html lang="{language}">' in text
    assert 'href="/"' in text


def test_the_style_page_has_no_address_in_earnest(settings: Any) -> None:
    """It is for those who build, in development and in the demo."""
    assert _has_style_page()
    settings.DEMO_ALLOWED = settings.DEBUG = False
    reload(urls)
    try:
        assert not _has_style_page()
    finally:
        settings.DEMO_ALLOWED = True
        reload(urls)


def test_styles_and_scripts_stay_small() -> None:
    """A desk opens fast on an old machine."""
    styles = sum((ROOT / "static/css" / f"{name}.css").stat().st_size for name in _OWN_STYLES)
    frame = set(re.findall(r"js/([\w-]+\.js)", _read("templates/base.html")))
    sizes = {script.name: script.stat().st_size for script in (ROOT / "static/js").glob("*.js")}
    assert styles < 40_000
    assert frame
    assert sum(sizes[name] for name in frame) < 25_000
    # Only pages with charts load it, beside a library seventy times as large.
    assert sizes.pop("charts.js") < 16_000
    assert {name: size for name, size in sizes.items() if size > 10_000} == {}


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "6 Mar 2026", "6 Mar 2026, 17:05"),
        ("zh-hans", "2026年3月6日", "2026年3月6日 17:05"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(
    language: str, day: str, moment: str
) -> None:
    """Never month before day in figures, which half the world reads the other way round."""
    with speaking(language), override("Asia/Shanghai"):
        local = localtime(_MOMENT)
        assert date_format(local, "DATE_FORMAT") == day
        local = localtime(_MOMENT)
        assert date_format(local, "DATETIME_FORMAT") == moment


_OWN_STYLES = ["base", "components", "desk", "print"]
_MOMENT = datetime(2026, 3, 6, 9, 5, tzinfo=UTC)


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _has_style_page() -> bool:
    return any(getattr(pattern, "name", "") == "styleguide" for pattern in urls.urlpatterns)


def _ready(request: HttpRequest) -> HttpRequest:
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return request
