"""The text of letters: placeholders in braces, checked against a fixed list. Pure."""

import re
from collections.abc import Mapping

# What can be said of any complaint at any time.
ALWAYS = (
    "name",  # how the complainant is addressed
    "reference",
    "received_date",
    "summary",  # the beginning of what the complainant said
    "process",  # what happens next, in sentences, with the expected dates
    "acknowledge_by",
    "respond_by",  # the expected date of the response
    "handler",
    "organisation",
    "contact",
    "routes",  # the other remedies, one per line
    "status_page",  # where the complainant sees and does things; in an e-mail a link of their own
)
# What exists only once somebody has decided or written it, and the occasions that may speak of it.
_DECIDED = frozenset({"decision", "remedies", "reminder", "closing"})
ONLY_FOR: Mapping[str, frozenset[str]] = {
    "finding": _DECIDED,
    "reasons": _DECIDED | {"reopening_declined"},
    "remedy": _DECIDED,
    "reply_by": _DECIDED,
    "question": frozenset({"information_request"}),
    "news": frozenset({"progress", "other"}),  # what the writer has to say, in their own words
}
PLACEHOLDERS = (*ALWAYS, *ONLY_FOR)
# What a letter of an occasion must say, whoever edits it (CM-8.2c, CM-8.6a, CM-8.6d).
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "acknowledgement": ("reference", "process", "respond_by"),
    "progress": ("reference", "news"),
    "information_request": ("reference", "question"),
    "decision": ("reference", "finding", "reasons", "remedy"),
    "remedies": ("reference", "routes"),
    "reminder": ("reference", "reply_by"),
    "closing": ("reference",),
    "follow_up": ("reference",),
    "follow_up_reminder": ("reference",),
    "reopening_granted": ("reference", "process", "respond_by"),
    "reopening_declined": ("reference", "reasons", "routes"),
    "other": ("reference", "news"),
}
SUMMARY_LENGTH = 160
_PLACE = re.compile(r"\{([^{}]*)\}")
_GAP = re.compile(r"\[\[([^\[\]]*)\]\]")
_SPACE = re.compile(r"\s+")


def problems(occasion: str, subject: str, body: str) -> list[tuple[str, str]]:
    """Return what is wrong with a template as (code, placeholder).

    Codes: `unknown`; `unfit` (known, but nothing to say at this occasion); `unbalanced`; `missing`.
    """
    text = f"{subject}\n{body}"
    found = list(dict.fromkeys(_PLACE.findall(text)))
    wrong = [("unknown", name) for name in found if name not in PLACEHOLDERS]
    wrong += [
        ("unfit", name) for name in found if name in ONLY_FOR and occasion not in ONLY_FOR[name]
    ]
    if re.search(r"[{}]", _PLACE.sub("", text)):
        wrong.append(("unbalanced", "{}"))
    wrong += [("missing", name) for name in REQUIRED.get(occasion, ()) if name not in found]
    return wrong


def fitting(occasion: str) -> tuple[str, ...]:
    """Return the placeholders that a template of this occasion may use."""
    return tuple(
        name for name in PLACEHOLDERS if name not in ONLY_FOR or occasion in ONLY_FOR[name]
    )


def used(text: str) -> frozenset[str]:
    """Return the placeholders a text uses."""
    return frozenset(_PLACE.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its placeholders filled in one pass. Raises KeyError on an unknown one.

    A value that happens to contain braces stays as it is.
    """
    return _PLACE.sub(lambda place: values[place.group(1)], text)


def gap(what: str) -> str:
    """Return the mark of something the writer still has to say."""
    return f"[[{what}]]"


def gaps(text: str) -> list[str]:
    """Return what a text still leaves open; such a letter does not go out."""
    return _GAP.findall(text)


def without_gaps(text: str) -> str:
    """Return somebody's words so that they cannot be taken for a gap or a placeholder."""
    return text.replace("[[", "[ [").replace("]]", "] ]")


def one_line(text: str) -> str:
    """Return a text as one line, as a subject must be: a break could smuggle in a header."""
    return _SPACE.sub(" ", text).strip()


def summary(text: str) -> str:
    """Return the beginning of what was said, cut between words where there are any."""
    line = one_line(text)
    if len(line) <= SUMMARY_LENGTH:
        return line
    cut = line[:SUMMARY_LENGTH]
    return (cut.rsplit(" ", 1)[0] if " " in cut[SUMMARY_LENGTH // 2 :] else cut).rstrip() + "…"


def written_language(wanted: str, available: tuple[str, ...], default: str) -> str:
    """Return the language a letter is written in: the wanted one, its nearest, or the default."""
    folded = wanted.replace("_", "-").lower()
    if folded in available:
        return folded
    root = folded.split("-")[0]
    return next((code for code in available if root and code.split("-")[0] == root), default)
