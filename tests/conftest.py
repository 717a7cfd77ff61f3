"""What every test may use."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from random import Random
from types import ModuleType, SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import TestCase
from django.utils import translation
from hypothesis import HealthCheck, settings

from complaints.services import intake
from tests.compliance.factories import ensure_calendars

# Property tests try the same examples in every run, and a busy machine does not fail them.
settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

append_only = import_module("journal.migrations.0002_append_only")
policy_frozen = import_module("complaints.migrations.0003_policy_frozen")
reports_frozen = import_module("monitoring.migrations.0004_reports_frozen")


@contextmanager
def journal_unlocked() -> Iterator[None]:
    """Take the journal's triggers off for a while: to empty it between tests, or to tamper."""
    with _without(append_only):
        yield


@contextmanager
def policy_unlocked() -> Iterator[None]:
    """Take the triggers of the handling policy off for a while."""
    with _without(policy_frozen):
        yield


@contextmanager
def reports_unlocked() -> Iterator[None]:
    """Take the triggers of frozen reports off for a while."""
    with _without(reports_frozen):
        yield


@contextmanager
def _without(triggers: ModuleType) -> Iterator[None]:
    database = SimpleNamespace(connection=connection)
    triggers.remove(database)
    try:
        yield
    finally:
        triggers.install(database)


_ASK_THE_DATABASE = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what asks no database: it was tested on SQLite already."""
    if connection.vendor == "sqlite":
        return
    asking = [item for item in items if _asks(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(asking)])
    items[:] = asking


def _asks(item: pytest.Item) -> bool:
    if any(item.get_closest_marker(name) for name in ("django_db", "services", "resilience")):
        return True
    if isinstance(item, pytest.Function) and item.cls and issubclass(item.cls, TestCase):
        return True
    return not _ASK_THE_DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Let the flush after each transactional test pass the triggers of journal, policy and reports.

    Tests with `transaction=True` or a live server are cleaned by emptying every table, which the
    triggers rightly refuse. Only here, in the test database, the flush lifts them and puts them
    back; within a test they hold.

    The class is patched, not the one connection at hand: while a browser is driven, an event loop
    runs in this thread, and Django then hands out another connection object.
    """
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_unlocked(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        with journal_unlocked(), policy_unlocked(), reports_unlocked():
            flush(self, sql_list)
        ensure_calendars()  # they come with a migration; the next test expects them

    operations.execute_sql_flush = flush_unlocked  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Begin each test in English, whatever language the page of an earlier one was read in."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _same_references(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw each test's references from a seed of its own, so that every run tries the same ones.

    What is searched for is searched in references too: left to chance, one run in twenty would
    find a letter that another does not.
    """
    seeded = Random(request.node.nodeid)
    monkeypatch.setattr(intake, "secrets", SimpleNamespace(token_bytes=seeded.randbytes))


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Forget failed sign-ins and used codes of the test before."""
    cache.clear()
