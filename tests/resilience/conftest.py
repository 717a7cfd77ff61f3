"""An installation to kill: on SQLite and files, or on PostgreSQL and Redis where the tests are."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.resilience.stack import PASSWORD, Stack

SERVER = os.environ.get("TEST_DATABASE_URL", "")
ON_SERVERS = SERVER.startswith("postgres")


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Prepare an installation once; each test works on a copy of it."""
    folder = tmp_path_factory.mktemp("empty")
    with _database("empty"):
        Stack(folder, _services("empty")).run("tests.resilience.prepare", PASSWORD)
        yield folder


@pytest.fixture
def stack(empty_house: Path, tmp_path: Path) -> Iterator[Stack]:
    """Return an installation of its own that does not run yet."""
    folder = tmp_path / "var"
    shutil.copytree(empty_house, folder)
    with _database("house", like="empty"):
        house = Stack(folder, _services("house"))
        try:
            yield house
        finally:
            house.clean_up()


def _name(name: str) -> str:
    return f"redress_{name}_{os.getpid()}"


def _services(name: str) -> dict[str, str]:
    if not ON_SERVERS:
        return {}
    redis = os.environ.get("TEST_REDIS_URL", "")
    return {
        "DATABASE_URL": SERVER.rpartition("/")[0] + f"/{_name(name)}",
        **({"REDIS_URL": redis} if redis else {}),
    }


class _database:  # noqa: N801 - reads as a function: with _database("house")
    """A database on the server for the length of a block; nothing on SQLite."""

    def __init__(self, name: str, *, like: str = "") -> None:
        self.name, self.like = sql.Identifier(_name(name)), like

    def __enter__(self) -> None:
        if ON_SERVERS:
            self._drop()
            template = sql.SQL(" TEMPLATE {}").format(sql.Identifier(_name(self.like)))
            create = sql.SQL("CREATE DATABASE {}").format(self.name)
            self._say(create + template if self.like else create)

    def __exit__(self, *_error: object) -> None:
        if ON_SERVERS:
            self._drop()

    def _drop(self) -> None:
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(self.name))

    @staticmethod
    def _say(statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(statement)
