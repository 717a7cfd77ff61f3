"""The subjects of the report by name, in the order in which they are measured."""

from collections.abc import Callable, Mapping

from django.db import connection

from benchmarks.api import api
from benchmarks.figures import figures
from benchmarks.measuring import Row
from benchmarks.pages import pages, searches
from benchmarks.serving import worker
from benchmarks.work import chain, exports, imports, sweep
from benchmarks.writers import writers


def subjects() -> Mapping[str, Callable[[], list[Row]]]:
    """Return what is measured on this database; what adds rows comes last."""
    if connection.vendor == "postgresql":
        return {
            "pages": pages,
            "search": searches,
            "sweep": sweep,
            "chain": chain,
            "export": exports,
            "worker": worker,
            "figures": figures,
            "api": api,
            "import": imports,
        }
    return {
        "chain": chain,
        "export": exports,
        "figures": figures,
        "writers": writers,
        "api": api,
        "import": imports,
    }
