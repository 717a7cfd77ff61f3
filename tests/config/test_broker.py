"""The broker of the embedded default: a worker never reads what is still being written."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from kombu import Connection

from config.start import _forget_old_wake_ups

MESSAGES = 600  # of kombu's own transport, one in thirty of them was read too early
PAD = "诉" * 2_000


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    """Return a folder of its own for messages."""
    return {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path / "control"),
    }


@pytest.fixture
def queue() -> str:
    """Return a name that nobody has used in this process."""
    return uuid4().hex


def _connected(options: dict[str, str]) -> Any:
    return Connection(
        "filesystem://", transport="config.broker:Transport", transport_options=options
    )


def _send(options: dict[str, str], queue: str, numbers: range) -> None:
    with _connected(options) as broker, broker.SimpleQueue(queue) as sent:
        for number in numbers:
            sent.put({"number": number, "pad": PAD})


def _read(options: dict[str, str], queue: str, until: Future[None]) -> Iterator[dict[str, Any]]:
    with _connected(options) as broker:
        while True:
            over = until.done()
            try:
                yield broker.default_channel._get(queue)
            except Empty:
                if over:
                    return


def test_every_message_is_read_whole_while_others_are_written(
    options: dict[str, str], queue: str
) -> None:
    """None is lost, none is read before all of it is there."""
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(_send, options, queue, range(MESSAGES))
        read = list(_read(options, queue, sending))
    sending.result()
    assert len(read) == MESSAGES


def test_messages_are_taken_in_the_order_they_were_sent(
    options: dict[str, str], queue: str
) -> None:
    """First come, first served."""
    _send(options, queue, range(20))
    with _connected(options) as broker, broker.SimpleQueue(queue) as waiting:
        taken = [waiting.get_nowait() for _ in range(20)]
        assert [message.payload["number"] for message in taken] == list(range(20))


def test_queues_bound_at_one_moment_are_all_kept(options: dict[str, str]) -> None:
    """Web, worker and beat start together, and each binds what it listens to."""
    queues = [uuid4().hex for _ in range(8)]

    def bind(queue: str) -> None:
        with _connected(options) as broker:
            broker.default_channel._queue_bind("celery", queue, "", queue)

    with ThreadPoolExecutor(len(queues)) as pool:
        list(pool.map(bind, queues))
    with _connected(options) as broker:
        assert {one.queue for one in broker.default_channel.get_table("celery")} == set(queues)


def test_a_start_forgets_old_wake_ups_and_what_a_killed_writer_left(tmp_path: Path) -> None:
    """They would only pile up; what they wake is owed in the database. Bindings stay."""
    binding = tmp_path / "control" / "celery.exchange"
    binding.parent.mkdir()
    for file in (binding, tmp_path / "1_a.celery.msg", tmp_path / ".b.part"):
        file.touch()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "BROKER_DIR", tmp_path)
        _forget_old_wake_ups()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [binding]
