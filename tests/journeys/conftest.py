"""One browser for all journeys, a window for each person, an organisation for each journey."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.journeys.people import TURN, Front, House

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as a journey."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Return one browser; each test gets windows of its own in it."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium on this machine")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django would take for async code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        patch.setattr(WSGIHandler, "__call__", _in_turn(WSGIHandler.__call__))
        expect.set_options(timeout=10_000)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        yield browser
        browser.close()


def _in_turn(answer: Callable[..., Any]) -> Callable[..., Any]:
    def one_at_a_time(*args: Any) -> Any:
        with TURN:
            return answer(*args)

    return one_at_a_time


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a window of nobody in particular."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def house(live_server: Any) -> House:
    """Return a small organisation at work."""
    with TURN:
        return House()


@pytest.fixture
def front(browser: Browser, live_server: Any, house: House) -> Iterator[Front]:
    """Return the door through which people come to their screens."""
    front = Front(browser, live_server.url, house)
    yield front
    front.close()
    with TURN:
        pass  # what was still being answered has been


@pytest.fixture(params=["en", "zh-hans"])
def language(request: pytest.FixtureRequest) -> str:
    """Return one language of the house after the other."""
    return str(request.param)
