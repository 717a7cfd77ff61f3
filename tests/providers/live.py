"""A served installation for programs that call it by HTTP from several threads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection

from journal.services import utc_now
from providers.services.feed import number_news
from providers.services.sending import send_webhooks

TURN = threading.RLock()


def in_turn(patch: pytest.MonkeyPatch) -> Any:
    """Let SQLite in memory, which all threads share one connection to, answer one at a time.

    Return the lock to hold while one works on the database oneself.
    """
    if connection.vendor != "sqlite":
        return nullcontext()
    answer = WSGIHandler.__call__

    def one_at_a_time(*args: Any) -> Any:
        with TURN:
            return answer(*args)

    patch.setattr(WSGIHandler, "__call__", one_at_a_time)
    return TURN


@contextmanager
def worker_at_work(turn: Any) -> Iterator[Callable[[], None]]:
    """Let a worker do its rounds while the block runs; yields what lets it finish everything."""
    done = threading.Event()
    faults: list[BaseException] = []

    def rounds() -> None:
        try:
            while not done.wait(0.02):
                with turn:
                    number_news(at=utc_now())
                    send_webhooks(limit=50)
        except BaseException as error:
            faults.append(error)
            raise
        finally:
            if connection.vendor != "sqlite":
                connection.close()

    thread = threading.Thread(target=rounds)
    thread.start()

    def finish() -> None:
        done.set()
        thread.join()
        assert faults == []

    try:
        yield finish
    finally:
        finish()
