"""The documents say what is there: links, commands, settings, rooms, the machine itself.

You broke one of these by changing the product, not the document: go and say in the document what is
true now. Nothing here reads for style.
"""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from accounts.rules import roles_with
from complaints.models import Complaint
from complaints.selectors.diagram import arrows
from complaints.states import OPEN_STATES
from complaints.workflow import MOVES, Guard
from tests.floors import APPS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
WRITTEN = [*DOCUMENTS, ROOT / ".env.example"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- links, pictures, places ---------------------------------------------------------------------


def links_in(document: Path) -> Iterator[str]:
    """Yield the relative links and pictures of a document; code is not read."""
    text = re.sub(r"```.*?```|`[^`]*`", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def anchors_in(document: Path) -> set[str]:
    """Return the places of a document that a link may point at."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_and_picture_leads_somewhere(document):
    broken = []
    for link in links_in(document):
        path, _hash, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors_in(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", WRITTEN, ids=named)
def test_documents_tie_nobody_to_a_registry_or_to_a_machine(document):
    text = document.read_text(encoding="utf-8")
    hosts = r"pypi\.|npmjs|registry\.|crates\.io|proxy\.golang|mirrors?\."
    assert re.findall(rf"{hosts}|/(?:work|root|tmp|home)/", text) == []


def test_every_document_can_be_reached_from_the_readme():
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in seen:
            continue
        seen.add(document)
        for link in links_in(document):
            target = (document.parent / link.partition("#")[0]).resolve()
            if target.is_dir():
                waiting += target.glob("*.md")
            elif target.suffix == ".md":
                waiting.append(target)
    assert [named(document) for document in DOCUMENTS if document not in seen] == []


def test_pictures_are_wide_enough_to_read_small_to_load_and_used():
    used = {
        (document.parent / link).resolve()
        for document in DOCUMENTS
        for link in links_in(document)
        if link.endswith(".png")
    }
    pictures = sorted(ROOT.glob("docs/images/**/*.png"))
    assert [named(picture) for picture in pictures if picture not in used] == []
    for picture in pictures:
        assert picture.stat().st_size <= 150_000, named(picture)
        width = int.from_bytes(picture.read_bytes()[16:20])  # the header's first field
        assert width <= 1280, named(picture)


# --- commands ------------------------------------------------------------------------------------


def commands_of(app: str) -> set[str]:
    """Return the commands an app of ours brings."""
    return {name for name, owner in get_commands().items() if owner == app}


def test_the_operators_find_every_command_in_the_table():
    table = text_of("docs/operators.md").partition("## Commands")[2]
    listed = set(re.findall(r"`([a-z_]+)[ `]", table))
    ours = set().union(*map(commands_of, APPS))
    assert sorted(ours - listed) == []


def test_documents_name_only_commands_that_exist():
    known = set(get_commands())
    for document in DOCUMENTS:
        found = re.findall(r"manage\.py ([a-z_]{3,})", document.read_text(encoding="utf-8"))
        assert sorted(set(found) - known) == [], named(document)


def test_documents_name_only_make_targets_that_exist():
    known = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        code = re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL)
        found = {
            target for piece in code for target in re.findall(r"(?:^|[`\s])make ([a-z-]+)", piece)
        }
        assert sorted(found - known) == [], named(document)


def test_documents_name_only_modules_and_files_that_exist():
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        modules = set(re.findall(r"python -m ([a-z_.]+)", text))
        assert sorted(name for name in modules if not find_spec(name)) == [], named(document)
        places = (
            r"`((?:journal|accounts|compliance|complaints|config|tests|templates|static)/[\w/.-]+)`"
        )
        files = {name for name in re.findall(places, text) if "<" not in name}
        missing = [name for name in sorted(files) if not (ROOT / name.rstrip("/")).exists()]
        assert missing == [], named(document)


# --- settings ------------------------------------------------------------------------------------


def variables_read() -> set[str]:
    """Return the names of the environment variables that config/ reads."""
    read = re.compile(
        r'(?:env\.\w+|kept_secret|environ\.setdefault|environ\.get)\(\s*"([A-Z][A-Z0-9_]+)"'
    )
    files = ROOT.glob("config/**/*.py")
    return {name for file in files for name in read.findall(file.read_text(encoding="utf-8"))}


def variables_listed() -> set[str]:
    """Return the names in the operators' table of settings."""
    table = text_of("docs/operators.md").partition("## Settings")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[A-Z].*?) \|", table, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}


def test_the_operators_find_every_setting_in_the_table():
    assert sorted(variables_read() - variables_listed()) == []


def test_the_table_has_no_setting_that_nobody_reads():
    assert sorted(variables_listed() - variables_read()) == []


def defaults_read() -> dict[str, str]:
    """Return the defaults of the variables that config/ reads, where they are plain values."""
    found = {}
    for file in ROOT.glob("config/**/*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not ast.unparse(call.func).startswith("env."):
                continue
            given = [word.value for word in call.keywords if word.arg == "default"]
            if not given or not isinstance(call.args[0], ast.Constant):
                continue
            with suppress(NameError):  # a default that is worked out has its own words
                if value := eval(ast.unparse(given[0]), {}):
                    found[str(call.args[0].value)] = str(value).lower()
    return found


def test_the_table_tells_the_defaults_that_hold():
    table = text_of("docs/operators.md").partition("## Settings")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    cells = {name: row[2].lower() for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    wrong = [
        (name, value)
        for name, value in defaults_read().items()
        if value not in cells[name] and "demanded" not in cells[name]
    ]
    assert wrong == []


def test_the_example_names_settings_of_the_table_and_all_that_production_demands():
    example = text_of(".env.example")
    named_there = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    assert sorted(named_there - variables_listed()) == []
    demanded = re.findall(
        r'= env\.\w+\("([A-Z_]+)"\)|db_url\("([A-Z_]+)"\)', text_of("config/settings/production.py")
    )
    assert sorted({name for pair in demanded for name in pair if name} - named_there) == []


def test_the_example_can_be_loaded_by_a_shell():
    shell = subprocess.run(
        ["sh", "-euc", "set -a; . ./.env.example; env"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "DJANGO_SETTINGS_MODULE=config.settings.production" in shell.stdout


# --- the house and the machine -------------------------------------------------------------------


def test_the_plan_of_the_house_has_every_room_in_the_order_that_is_enforced():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    rooms = next(c["layers"] for c in contracts if c["name"].startswith("Rooms"))
    enforced = [set(re.findall(r"\((\w+)\)", layer)) for layer in rooms]
    table = text_of("docs/house.md").partition("## Rooms")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", table, re.MULTILINE)
    drawn = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(drawn) == sorted(set().union(*enforced))
    levels = [next(n for n, layer in enumerate(enforced) if room in layer) for room in drawn]
    assert levels == sorted(levels)


def test_the_plan_of_the_house_has_every_floor():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    floors = next(c["layers"] for c in contracts if c["name"].startswith("Floors"))
    drawn = " › ".join(floors).replace("(", "").replace(")", "")
    assert drawn in text_of("docs/house.md")


def test_the_drawing_of_the_workflow_is_the_machine(capsys):
    call_command("draw_workflow")
    assert f"```mermaid\n{capsys.readouterr().out}```\n" in text_of("docs/workflow.md")


def test_the_drawing_shows_every_move_of_the_machine():
    drawn = {(arrow.source, arrow.target, arrow.move) for arrow in arrows()}
    allowed = {
        (str(found.source), str(target), found.name)
        for found in Complaint().get_all_state_transitions()
        for target in getattr(found.target, "allowed_states", None) or [found.target]
    }
    shown = {
        (state if source == "open" else source, state if target == "open" else target, move)
        for source, target, move in drawn
        for state in map(str, OPEN_STATES)
    }
    assert shown == allowed


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda move: move.name)
def test_the_table_of_moves_tells_roles_and_conditions(move):
    row = next(
        line
        for line in text_of("docs/workflow.md").splitlines()
        if line.startswith(f"| `{move.name}` |")
    )
    _before, _name, who, only_if, *_rest = row.split("|")
    assert set(who.replace(",", " ").split()) == roles_with(move.permission)
    assert [
        guard.reason for guard in guards_of(move.name) if str(guard.reason) not in only_if
    ] == []


def guards_of(move: str) -> list[Guard]:
    """Return the guards of a move, from the machine."""
    transitions = Complaint().get_all_state_transitions()
    return [guard for found in transitions if found.name == move for guard in found.conditions]
