"""What `python -m benchmarks` does in one database: fill it, or measure every subject in it."""

import platform
import sys
import time
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django first
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks import filling  # noqa: E402
from benchmarks.measuring import Row, report, write_rows  # noqa: E402
from benchmarks.rows import subjects  # noqa: E402


def fill(size: int) -> None:
    """Fill an empty database."""
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    filling.prepare()
    filling.fill(size)
    print(f"\nFilled with {size:,} complaints in {time.perf_counter() - began:.0f} s.", flush=True)


def measure(size: int, only: str, told: str) -> None:
    """Measure the subjects; print a table for each and leave all rows for the whole run."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.ALLOWED_HOSTS = ["*"]
    engine = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
    print(f"\n## {engine}, {size:,} complaints ({platform.machine()}, {platform.python_version()})")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So that all that a statement costs is in the one process that is watched.
            cursor.execute("SET max_parallel_workers_per_gather = 0")
    found: list[Row] = []
    wanted = set(filter(None, only.split(",")))
    for name, subject in subjects().items():
        if not wanted or name in wanted:
            rows = subject()
            report(name, rows)
            found += rows
    Path(told).write_text(write_rows(found))


if __name__ == "__main__":
    what, given = sys.argv[1], sys.argv[2:]
    if what == "fill":
        fill(int(given[0]))
    else:
        measure(int(given[0]), given[1], given[2])
