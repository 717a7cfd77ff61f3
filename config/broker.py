"""The broker of the embedded default: messages as files, none of which is seen half written.

Kombu's own file transport writes a message where others look for one, so that a worker may read
what is not all there, and ends (kombu 5.7, transport/filesystem.py). Here what others may read is
written beside and renamed, which is one step for everybody who looks.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem, virtual
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Messages and bindings as files, each written whole."""

    def _put(self, queue: str, payload: Any, **_given: Any) -> None:  # type: ignore[override]
        # Messages are taken in the order of their names.
        name = f"{time_ns()}_{uuid4()}.{queue}.msg"
        _write(Path(self.data_folder_out) / name, payload)

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str
    ) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._alone():
            known = self.get_table(exchange)
            if binding not in known:
                _write(self._exchange_file(exchange), [binding, *known])  # type: ignore[attr-defined]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time change bindings."""
        self.control_folder.mkdir(exist_ok=True)
        with (self.control_folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """The file transport with such channels."""

    Channel = Channel
    global_state = virtual.BrokerState()  # the parent would share its own


def _write(file: Path, content: Any) -> None:
    """Write what others read, so that they see all of it or nothing."""
    beside = file.with_name(f".{uuid4()}.part")
    beside.write_text(dumps(content), encoding="utf-8")
    beside.replace(file)
