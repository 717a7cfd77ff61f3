"""`make bench`: print the figures of docs/performance.md, and exit 1 when a goal is missed.

On PostgreSQL at 10 k, 100 k and 1 M complaints, in databases of its own on a server that it may
create them on (BENCH_DATABASE_URL); then, on SQLite, what matters there.

`--sizes 10000,100000` and `--sqlite-sizes 10000` do less, `--only pages,search` measures some
subjects. `--keep` keeps the filled databases, and uses those that an earlier run has kept: each
run measures in a copy, so that every run begins with the same.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Row, grown, read_rows, report

DEFAULT_SERVER = "postgres://postgres@127.0.0.1:5432/postgres"
NAME = os.environ.get("BENCH_NAME", "redress_bench")  # another one beside a run that goes on
KEPT = Path(tempfile.gettempdir()) / NAME  # the SQLite files that are kept
FILE_COPY_SINCE = 150_000  # before that version of PostgreSQL it was the only way to copy


def main() -> int:
    """Fill, measure, print; return 1 when a goal was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--sqlite-sizes", default="10000,100000")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    server = os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER)
    missed = 0
    for house in (PostgreSQL(server), SQLite()):
        wanted = given.sizes if house.name == "PostgreSQL" else given.sqlite_sizes
        sizes = [int(size) for size in wanted.split(",") if size]
        by_size: dict[int, list[Row]] = {}
        for size in sizes:
            try:
                by_size[size] = _measure(house, size, given.only, keep=given.keep)
            finally:
                house.tidy(size, keep=given.keep)
        growth = grown(by_size)
        if growth:
            report(f"{house.name}: how much dearer at {max(sizes):,} complaints", growth)
        missed += sum(not row.reached for rows in (*by_size.values(), growth) for row in rows)
    print(f"\n{missed or 'no'} goals missed")
    return 1 if missed else 0


class PostgreSQL:
    """Databases on a server: `redress_bench_10000` is filled, `redress_bench` is its copy."""

    name = "PostgreSQL"

    def __init__(self, server: str) -> None:
        """Keep where the server is."""
        self.server = server

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return self.server.rsplit("/", 1)[0] + f"/{name}"

    def full(self, size: int) -> str:
        """Return the address of the database to fill, made anew."""
        self._run(f"DROP DATABASE IF EXISTS {NAME}_{size} WITH (FORCE)")
        self._run(f"CREATE DATABASE {NAME}_{size}")
        return self.url(f"{NAME}_{size}")

    def is_full(self, size: int) -> bool:
        """Return whether an earlier run has kept it, whole."""
        found = self._run("SELECT 1 FROM pg_database WHERE datname = %s", f"{NAME}_{size}_full")
        return bool(found)

    def filled(self, size: int) -> None:
        """Note that it is filled to the end."""
        self._run(f"ALTER DATABASE {NAME}_{size} RENAME TO {NAME}_{size}_full")

    def copy(self, size: int) -> str:
        """Return the address of a fresh copy to measure in."""
        self._run(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        quickly = " STRATEGY file_copy" if self._version() >= FILE_COPY_SINCE else ""
        self._run(f"CREATE DATABASE {NAME} TEMPLATE {NAME}_{size}_full{quickly}")
        return self.url(NAME)

    def tidy(self, size: int, *, keep: bool) -> None:
        """Drop the copy, and what was filled unless it is to be kept."""
        gone = [NAME, f"{NAME}_{size}", *([] if keep else [f"{NAME}_{size}_full"])]
        for name in gone:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _version(self) -> int:
        import psycopg

        with psycopg.connect(self.server) as link:
            return link.info.server_version

    def _run(self, sql: str, *values: str) -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(self.server, autocommit=True) as link:
            cursor = link.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []


class SQLite:
    """Files under the system's temporary directory."""

    name = "SQLite"

    def full(self, size: int) -> str:
        """Return the address of the database to fill, made anew."""
        KEPT.mkdir(exist_ok=True)
        self._remove(f"{size}.part")
        return f"sqlite:///{KEPT / f'{size}.part'}"

    def is_full(self, size: int) -> bool:
        """Return whether an earlier run has kept it, whole."""
        return (KEPT / f"{size}.sqlite3").exists()

    def filled(self, size: int) -> None:
        """Note that it is filled to the end."""
        (KEPT / f"{size}.part").rename(KEPT / f"{size}.sqlite3")

    def copy(self, size: int) -> str:
        """Return the address of a fresh copy to measure in."""
        self._remove("copy.sqlite3")
        shutil.copy(KEPT / f"{size}.sqlite3", KEPT / "copy.sqlite3")
        return f"sqlite:///{KEPT / 'copy.sqlite3'}"

    def tidy(self, size: int, *, keep: bool) -> None:
        """Remove the copy, and what was filled unless it is to be kept."""
        for name in ("copy.sqlite3", f"{size}.part", *([] if keep else [f"{size}.sqlite3"])):
            self._remove(name)

    def _remove(self, name: str) -> None:
        for tail in ("", "-wal", "-shm"):
            (KEPT / f"{name}{tail}").unlink(missing_ok=True)


def _measure(house: PostgreSQL | SQLite, size: int, only: str, *, keep: bool) -> list[Row]:
    """Measure in a process of its own: nothing of one size is left over in the next."""
    if not (keep and house.is_full(size)):
        house.tidy(size, keep=False)
        _child("fill", house.full(size), str(size))
        house.filled(size)
    with tempfile.TemporaryDirectory() as directory:
        told = Path(directory) / "rows.json"
        _child("measure", house.copy(size), str(size), only, str(told))
        return read_rows(told.read_text())


def _child(what: str, url: str, *arguments: str) -> None:
    with tempfile.TemporaryDirectory(prefix="redress-bench-") as var:
        environment = {
            **os.environ,
            "REDRESS_VAR": var,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "DATABASE_URL": url,
            "REDIS_URL": "",
            "LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "benchmarks.run", what, *arguments]
        subprocess.run(command, check=True, env=environment)


if __name__ == "__main__":
    sys.exit(main())
