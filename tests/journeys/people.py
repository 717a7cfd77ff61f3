"""People at their screens: a signed-in browser window, and the small organisation they work for."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, pgettext
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from accounts.models import User
from complaints.models import Category, Complaint
from complaints.services.policy import approve_policy
from complaints.services.templates import install_default_templates
from complaints.states import State
from journal.services import deliver_pending
from tests.complaints.desk import Desk
from tests.complaints.factories import (
    PASSWORD,
    make_complaint,
    make_policy,
    make_site,
    make_team,
    make_user,
)

BROWSER_LANGUAGES = {"en": "en-GB", "zh-hans": "zh-CN"}
NAMES = {
    "agent": ("Mei Chen", "陈美"),
    "colleague": ("Jun Zhao", "赵军"),
    "handler": ("Wei Sun", "孙伟"),
    "manager": ("Lin Gao", "高琳"),
    "quality_manager": ("Ping He", "何平"),
    "auditor": ("Tao Wu", "吴涛"),
    "top_management": ("Lan Xu", "徐岚"),
    "administrator": ("Bo Tang", "唐博"),
}

# SQLite in memory is one connection for all threads: the server answers one request at a time, and
# a test that looks into the database itself waits for its turn.
TURN = RLock()

# The narrowest phone that a complainant may hold.
SMALL: Any = {"width": 320, "height": 640}


class House:
    """A small organisation: one of each role, a team, a site, an approved policy, letters."""

    def __init__(self) -> None:
        """Put it together a year ago."""
        self.now = timezone.now().replace(microsecond=0)
        long_ago = self.now - timedelta(days=365)
        self.site, self.team = make_site("north"), make_team("repairs")
        self.people: dict[str, User] = {name: self._person(name) for name in NAMES}
        policy = make_policy()
        approve_policy(policy_id=policy.pk, actor=self.people["top_management"], at=self.now)
        install_default_templates(at=long_ago)
        self.desk = Desk()
        for name in ("agent", "handler", "manager"):
            self.desk.__dict__[name] = self.people[name]  # the same people, not others

    def _person(self, name: str) -> User:
        role = "agent" if name == "colleague" else name
        return make_user(role, username=name, display_name=NAMES[name][0])

    @contextmanager
    def still(self) -> Iterator[None]:
        """Look into the database while no page does."""
        with TURN:
            yield

    def ago(self, **time: float) -> datetime:
        """Return a moment so long ago."""
        return timezone.now() - timedelta(**time)

    def case(self, state: str = State.RECEIVED, **fields: Any) -> Complaint:
        """Return a complaint brought to this state by the verbs, an hour ago unless `at` says."""
        fields.setdefault("at", self.ago(hours=1))
        fields.setdefault("description", "The kettle leaks at the seal.")
        with TURN:
            return self.desk.case(state, **fields)

    def received(self, **fields: Any) -> Complaint:
        """Return a complaint just as it was taken down."""
        fields.setdefault("at", self.ago(hours=1))
        fields.setdefault("actor", self.people["agent"])
        with TURN:
            return make_complaint(**fields)

    def again(self, complaint: Complaint) -> Complaint:
        """Return a complaint as it is now."""
        with TURN:
            return Complaint.objects.select_related("complainant").get(pk=complaint.pk)

    def known(self, reference: str) -> Complaint:
        """Return the complaint with this reference."""
        with TURN:
            return Complaint.objects.get(reference=reference)

    def category(self, code: str = "product.defective") -> str:
        """Return the key of a category, as forms name it."""
        with TURN:
            return str(Category.objects.get(code=code).pk)

    def deliver(self) -> None:
        """Let the outbox do its work, as the worker does every few seconds."""
        with TURN:
            deliver_pending()

    def letters_to(self, address: str) -> list[EmailMessage]:
        """Return what went out to an address."""
        with TURN:
            return [letter for letter in mail.outbox if address in letter.to]

    def letters_outside(self) -> list[EmailMessage]:
        """Return what went out to anybody but colleagues."""
        with TURN:
            return [letter for letter in mail.outbox if "@desk.example" not in letter.to[0]]


class Seat:
    """Somebody at a screen: a page of a browser, signed in as one person, in one language."""

    def __init__(self, context: BrowserContext, base: str, user: User, language: str) -> None:
        """Open a window."""
        self.context, self.base, self.user, self.language = context, base, user, language
        self.page: Page = context.new_page()

    # --- words and places ---------------------------------------------------------------------

    def words(self, msgid: str, context: str = "") -> str:
        """Return a text of the catalogue in the language of this window."""
        with translation.override(self.language):
            return pgettext(context, msgid) if context else gettext(msgid)

    def go(self, name: str, *args: Any, **query: Any) -> Page:
        """Open a page by the name of its address."""
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        self.page.goto(f"{self.base}{reverse(name, args=args)}" + (f"?{asked}" if asked else ""))
        return self.page

    def open(self, complaint: Complaint) -> Page:
        """Open a complaint."""
        return self.go("complaints:complaint", complaint.reference)

    def status(self, name: str, *args: Any, **query: Any) -> int:
        """Return how an address answers this person."""
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        url = f"{self.base}{reverse(name, args=args)}" + (f"?{asked}" if asked else "")
        return self.context.request.get(url, max_redirects=0).status

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page, where the environment names a folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.evaluate("scrollTo(0, 0)")
            path = Path(folder) / f"{name}-{self.language}.png"
            self.page.screenshot(path=path, full_page=True)

    # --- signing in ---------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Sign in through the form."""
        self.go("account_login")
        self.page.fill("[name=login]", self.user.username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        expect(self.page.locator("#nav")).to_be_attached()

    # --- steps of a complaint -----------------------------------------------------------------

    @property
    def place(self) -> Locator:
        """Return where a step opens."""
        return self.page.locator("#step")

    def begin(self, move: str) -> Locator:
        """Open a step in place: by the main button, or from the menu behind it."""
        link = self.page.locator(f'.next-step [data-step-open][href$="/{move}/"]')
        link.wait_for(state="attached")
        if not link.is_visible():
            self.page.locator(".next-step details.menu > summary").click()
        link.click()
        expect(self.place.locator("form")).to_be_visible()
        return self.place

    def fill(self, **values: Any) -> None:
        """Fill in the open step: texts, choices, ticks, by the names of the fields."""
        fill_in(self.place, values)

    def commit(self, button: str = "button.primary, button.danger.solid") -> None:
        """Press the button of the open step, which is taken."""
        with self.page.expect_navigation():
            self.place.locator(button).and_(self.place.locator(":visible")).first.click()

    def take(self, move: str, **values: Any) -> None:
        """Open a step, fill it in, take it."""
        self.begin(move)
        self.fill(**values)
        self.commit()

    def refused(self, *sentences: str, button: str = "button.primary") -> None:
        """Press the button of the open step, which is refused for these reasons; input stays."""
        self.place.locator(button).and_(self.place.locator(":visible")).first.click()
        for sentence in sentences:
            expect(self.place).to_contain_text(self.words(sentence))

    def not_now(self) -> Locator:
        """Return what the page says against the steps that are not possible now."""
        self.page.locator(".next-step details.menu > summary").click()
        self.page.locator(".not-now > summary").click()
        return self.page.locator(".not-now")

    # --- what the page shows ------------------------------------------------------------------

    def stands(self, state: str) -> None:
        """Expect the complaint in this state."""
        expect(self.page.locator(f'.complaint-head [data-state="{state}"]')).to_be_visible()

    def said(self, msgid: str) -> None:
        """Expect this message."""
        expect(self.page.locator("#messages")).to_contain_text(self.words(msgid))

    def kinds(self) -> list[str]:
        """Return the kinds of entries that the timeline shows, newest first."""
        found: list[str] = self.page.locator("ol.timeline > li").evaluate_all(
            "lines => lines.map(line => line.dataset.kind)"
        )
        return found

    def lists(self, *references: str) -> None:
        """Expect these references in the list of this page, and no other.

        It waits for them: a click on a link has not brought the next page yet.
        """
        rows = self.page.locator("#rows [data-row] th a")
        for reference in references:
            expect(rows.filter(has_text=reference)).to_be_visible()
        expect(rows).to_have_count(len(references))


def fill_in(form: Locator, values: Mapping[str, Any]) -> None:
    """Fill in fields by their names, whatever kind they are."""
    for name, value in values.items():
        fields = form.locator(f'[name="{name}"]:not([type=hidden])')
        kind = fields.first.evaluate("field => field.type")
        if kind == "radio":
            fields.and_(form.locator(f'[value="{value}"]')).check()
        elif kind == "checkbox":
            fields.first.set_checked(value)
        elif kind == "select-one":
            fields.first.select_option(str(value))
        else:
            fields.first.fill(str(value))


class Front:
    """The door of the house: lets people in, one window each, and sees them out."""

    def __init__(self, browser: Browser, base: str, house: House) -> None:
        """Stand at the door."""
        self.browser, self.base, self.house = browser, base, house
        self.seats: dict[tuple[str, str], Seat] = {}
        self.contexts: list[BrowserContext] = []

    def window(self, language: str = "en", **options: Any) -> BrowserContext:
        """Return a browser of its own."""
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = self.browser.new_context(
            locale=BROWSER_LANGUAGES[language], timezone_id="Asia/Shanghai", **options
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        return context

    def as_(self, name: str, language: str = "en", **options: Any) -> Seat:
        """Return this person at a screen; they sign in at the first time of a journey."""
        key = (name, language)
        if key in self.seats and not options:
            return self.seats[key]
        seat = Seat(self.window(language, **options), self.base, self.house.people[name], language)
        seat.sign_in()
        self.seats[key] = seat
        return seat

    def close(self) -> None:
        """Close every window."""
        for context in self.contexts:
            context.close()


class Outside(Seat):
    """Somebody without an account, at an old phone."""

    def __init__(self, front: Front, house: House, language: str, **options: Any) -> None:
        """Take the phone in hand."""
        options.setdefault("viewport", SMALL)
        options.setdefault("java_script_enabled", False)
        window = front.window(language, **options)
        super().__init__(window, front.base, house.people["agent"], language)

    def send(self, **values: Any) -> str:
        """Fill in the public form and send it; return the number."""
        self.go("portal:form")
        for fold in self.page.locator("#complaint details").all():
            if not fold.evaluate("fold => fold.open"):
                fold.locator("summary").click()
        fill_in(self.page.locator("#complaint"), values)
        self.page.locator("#complaint > button.primary").click()
        expect(self.page.locator("#reference")).to_be_visible()
        return self.page.locator("#reference").inner_text()

    def to_page(self) -> str:
        """Go on to one's own page; return its address."""
        self.page.locator("main a.button.primary").click()
        expect(self.page.locator("#where")).to_be_visible()
        return self.page.url

    def press(self, act: str, **values: Any) -> None:
        """Fill in a form of the page and press its button; the next page has come."""
        form = self.page.locator(f'form[action$="/{act}/"]')
        form.wait_for(state="attached")
        fold = self.page.locator("details").filter(has=form)
        if fold.count():
            fold.locator("summary").click()
        fill_in(form, values)
        with self.page.expect_navigation():
            form.locator("button").click()

    def sure(self) -> None:
        """Say once more that it is meant; the next page has come."""
        with self.page.expect_navigation():
            self.page.locator("button[name=sure]").click()

    def fits(self) -> None:
        """Expect that nothing must be scrolled sideways."""
        box = self.page.locator("html").bounding_box()
        assert box
        for part in self.page.locator("main > *, header, footer").all():
            inner = part.bounding_box()
            if inner:
                assert inner["x"] + inner["width"] <= SMALL["width"] + 1, part.inner_html()[:200]
