"""SciPy's functions, fetched when somebody reckons: they are large, and no page needs them."""

from functools import cache
from importlib import import_module
from typing import Any


@cache
def special() -> Any:
    """Return `scipy.special`, some thirty megabytes."""
    return import_module("scipy.special")


@cache
def stats() -> Any:
    """Return `scipy.stats`, fifty megabytes more."""
    return import_module("scipy.stats")
