"""In which edition facts and cells are made: another one means that they must be made anew.

The edition is taken from the very code that makes them, so that nobody can forget to raise it. What
is only said about the code (comments, docstrings, layout) does not count.
"""

import ast
import hashlib
import inspect
from functools import cache
from types import ModuleType

from django.conf import settings

from monitoring.rules import folding, measures, quantiles, rows
from monitoring.selectors import sources

_MAKING: tuple[ModuleType, ...] = (rows, folding, measures, quantiles, sources)


@cache
def edition() -> str:
    """Return what names the present way of making facts and cells; days are of the time zone."""
    said = [settings.TIME_ZONE, *(bare(inspect.getsource(module)) for module in _MAKING)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def bare(source: str) -> str:
    """Return what some code does, without what it says of itself."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_remark(line)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_remark(line: ast.AST) -> bool:
    return (
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )
