"""`python -m tests.catalogues`: every string has its Chinese, none is missing in the catalogue.

The first half reads the catalogue; the second extracts anew and compares, where GNU gettext is
installed. Exits 1 with a list of what is wrong.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = [
    ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / f"{domain}.po" for domain in ("django",)
]


def gaps() -> list[str]:
    """Return the entries without a translation, and those a tool only guessed."""
    return [
        f"{file.name}: {state}: {entry.msgid[:80]}"
        for file in CATALOGUES
        for state, entries in (
            ("untranslated", polib.pofile(str(file)).untranslated_entries()),
            ("fuzzy", polib.pofile(str(file)).fuzzy_entries()),
        )
        for entry in entries
    ]


def uncollected() -> list[str]:
    """Return the strings in code and templates that the catalogue does not hold."""
    if shutil.which("xgettext") is None:
        print("GNU gettext is not installed: only the catalogue itself was read")  # noqa: T201
        return []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(
            ROOT,
            copy,
            ignore=shutil.ignore_patterns(".venv", ".git", "var", "node_modules", "*.mo"),
        )
        subprocess.run(
            [sys.executable, "manage.py", "makemessages", "-l", "zh_Hans", "--no-location", "-v0"],
            cwd=copy,
            check=True,
            env={"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        )
        missing = []
        for file in CATALOGUES:
            fresh = polib.pofile(str(copy / file.relative_to(ROOT)))
            known = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(file))}
            missing += [
                f"{file.name}: not collected: {entry.msgid[:80]}"
                for entry in fresh
                if not entry.obsolete and (entry.msgctxt, entry.msgid) not in known
            ]
        return missing


if __name__ == "__main__":
    wrong = gaps() + uncollected()
    print("\n".join(wrong) or "catalogues complete")  # noqa: T201
    sys.exit(1 if wrong else 0)
