"""Each verb of the house is named in a test; you broke this by adding one without.

A verb is a public function in a `services` room that takes keywords only, among them the moment
(`at` or `now`). Write tests/<app>/test_<verb>.py with what it does and every refusal beside it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.floors import APPS

ROOT = Path(__file__).resolve().parent.parent.parent
MOMENTS = {"at", "now"}


def verbs() -> Iterator[tuple[str, str]]:
    """Yield file and name of each verb."""
    for app in APPS:
        rooms = [*(ROOT / app).glob("services/**/*.py"), *(ROOT / app).glob("services.py")]
        for file in sorted(rooms):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and is_verb(node):
                    yield str(file.relative_to(ROOT)), node.name


def is_verb(node: ast.FunctionDef) -> bool:
    """Return whether a function takes keywords only, and the moment."""
    positional = [*node.args.posonlyargs, *node.args.args]
    keywords = {argument.arg for argument in node.args.kwonlyargs}
    return not (node.name.startswith("_") or positional) and bool(keywords & MOMENTS)


def test_there_are_verbs():
    names = {name for _file, name in verbs()}
    assert {"close_complaint", "grant_role", "set_calendar_day"} <= names


def test_every_verb_is_named_in_a_test():
    tests = "\n".join(
        file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests").rglob("test_*.py"))
    )
    named = set(re.findall(r"\w+", tests))
    untested = [f"{file}: {name}" for file, name in verbs() if name not in named]
    assert untested == []
