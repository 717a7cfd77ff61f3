"""What import-linter cannot say about the house, each with a word to whoever just broke it."""

import json
import re
from pathlib import Path

import grimp
import pytest

from tests.floors import APPS

ROOT = Path(__file__).resolve().parent.parent.parent
DOORS = ("models", "services", "selectors", "events", "permissions", "registry", "errors", "origin")
# Pure arithmetic and the words of states may be read by anybody above.
OPEN_ROOMS = ("rules", "states")
# What all JSON doors share (problems, pages, sign-in of programs) stands on the floor of providers.
SHARED = ("providers.api", "providers.authentication")


def test_another_app_is_entered_only_through_its_doors() -> None:
    """Views, forms, tasks and demo are an app's own: import services or selectors instead."""
    graph = grimp.build_graph(*APPS, "config", include_external_packages=False)
    wrong = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            here, there = importer.split("."), imported.split(".")
            if here[0] in {there[0], "config"} or len(there) == 1:
                continue
            if imported.startswith(SHARED):
                continue
            if there[1] not in DOORS + OPEN_ROOMS:
                wrong.append(f"{importer} -> {imported}")
    assert wrong == []


def test_verbs_do_not_read_the_clock() -> None:
    """A verb is handed `at`; whoever asks the clock inside cannot be tested or replayed."""
    asking = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for app in APPS
        for file in sorted((ROOT / app).glob("services/**/*.py"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"timezone\.now\(|datetime\.now\(|date\.today\(", line)
    ]
    # The relay and the journal stamp the moment of recording; that is what they are for.
    allowed = ("journal/services",)
    assert [line for line in asking if not line.startswith(allowed)] == []


def test_locks_carry_no_addresses() -> None:
    """A registry's host name in a lock would tie every installation to it."""
    locks = [*(ROOT / "requirements").glob("*.txt"), ROOT / "package-lock.json", ROOT / ".npmrc"]
    for file in locks:
        assert "://" not in file.read_text(encoding="utf-8"), file.name


def test_every_script_of_others_is_pinned_and_hashed() -> None:
    """What runs in the browser of every reader is what was looked at, to the byte."""
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    packages = {name: package for name, package in locked.items() if name}
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())


@pytest.mark.parametrize(
    "clause",
    [
        *("CM-3", "CM-7.4", "CM-7.5"),
        *("CM-8.1", "CM-8.2", "CM-8.2a", "CM-8.2b", "CM-8.2c", "CM-8.3"),
        *("CM-8.3+", "CM-8.4", "CM-8.5", "CM-8.6a", "CM-8.6b", "CM-8.6c", "CM-8.6d"),
    ],
)
def test_requirement_has_a_marked_test(clause: str) -> None:
    """Each requirement that the product claims is proven by a test that names it."""
    marks = [
        file.name
        for file in (ROOT / "tests").rglob("test_*.py")
        if f'clause("{clause}"' in file.read_text(encoding="utf-8")
        or re.search(rf'clause\([^)]*"{re.escape(clause)}"', file.read_text(encoding="utf-8"))
    ]
    assert marks, f"no test is marked with {clause}"
