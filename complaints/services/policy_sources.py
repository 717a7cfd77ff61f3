"""Where a draft of the handling policy takes its content from: known regimes, and files."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from complaints.errors import BadInput, BadPolicy
from complaints.models import HandlingPolicy
from complaints.rules.policy_file import PolicyFileError, read_policy_file
from complaints.selectors.policy_document import adoptable
from complaints.services.policy import change_policy, check_content
from compliance.selectors import presets

FILE_WORDS: Mapping[str, Any] = {
    "empty": gettext_lazy("The file is empty."),
    "no_yaml": gettext_lazy("This is not YAML: the indentation or a sign is wrong here."),
    "reference": gettext_lazy("References (& and *) are not allowed: write it out."),
    "too_deep": gettext_lazy("This is nested deeper than a policy can be."),
    "key_twice": gettext_lazy("“%(value)s” is said twice here."),
}
_PAUSES = {
    "appraisal": "appraisal",
    "mediation": "mediation",
    "waiting_for_complainant": "complainant",
}
# An extension of a policy's clock is counted in days after the due date.
_DAYS_PER = {"cal_day": 1.0, "work_day": 1.4, "week": 7.0, "month": 30.0}


@transaction.atomic
def adopt_preset(
    *,
    policy_id: int,
    preset: str,
    clock: str,
    confirmed: bool = False,
    actor: User,
    at: datetime,
    expected: str | None = None,
) -> HandlingPolicy:
    """Add a time limit of a known regime to a draft, with its source.

    Figures nobody has confirmed are taken only when the actor answers for them; that they did
    stands in the draft's note and beside the time limit for good. Raises what change_policy
    raises, BadInput naming `preset`, `clock` or `confirmed`.
    """
    policy = HandlingPolicy.objects.select_for_update(of=("self",)).get(pk=policy_id)
    source = presets().get(preset)
    if source is None:
        raise BadInput(_("There is no such preset."), field="preset")
    if source.effective_to is not None and source.effective_to < at.date():
        raise BadInput(_("This rule is no longer in force."), field="preset")
    limit = next((item for item in source.clocks if item.code == clock), None)
    if limit is None or not adoptable(limit.stage):
        raise BadInput(_("This preset has no such time limit for the desk."), field="clock")
    needs_word = not source.is_enabled(limit)
    if needs_word and not confirmed:
        raise BadInput(
            _("Nobody has confirmed these figures: compare them with the source first."),
            field="confirmed",
        )
    code = f"{preset.lower()}.{clock}"
    if any(item["code"] == code for item in policy.content["clocks"]):
        raise BadInput(_("The draft has this time limit already."), field="clock")
    added = {
        "code": code,
        "stage": str(limit.stage),
        "names": {"en": limit.name.en, "zh": limit.name.zh},
        **limit.spec.to_dict(),
        "calendar": limit.calendar,
        "hard": limit.hard,
        "preset": preset,
        "pause_reasons": [_PAUSES[reason] for reason in limit.pause_reasons],
        "extension_max": _extra_days(limit),
        "extension_needs_approval": limit.extension.needs_approval if limit.extension else True,
    }
    note = policy.change_note
    if needs_word:
        added["confirmed"] = f"{actor}, {at.date().isoformat()}"
        word = _("%(code)s: figures compared with the source by %(who)s.") % {
            "code": code,
            "who": added["confirmed"],
        }
        note = f"{note}\n{word}".strip()
    return change_policy(
        policy_id=policy_id,
        content={**policy.content, "clocks": [*policy.content["clocks"], added]},
        note=note,
        actor=actor,
        at=at,
        expected=expected,
    )


def _extra_days(limit: Any) -> int | None:
    """Return how many days an extension may add; None where it cannot be said in days."""
    extension = limit.extension
    if extension is None or extension.unit not in _DAYS_PER or limit.unit not in _DAYS_PER:
        return None
    longest = extension.max_amount * _DAYS_PER[extension.unit]
    extra = ceil(longest - limit.amount * _DAYS_PER[limit.unit])
    return extra if extra > 0 else None


@transaction.atomic
def upload_policy(
    *, policy_id: int, text: str, actor: User, at: datetime, expected: str | None = None
) -> HandlingPolicy:
    """Replace what a draft says by a file. Raises BadPolicy: each fault with its path and line."""
    try:
        file = read_policy_file(text)
    except PolicyFileError as error:
        why = FILE_WORDS[error.code]
        sentence = why % {"value": error.value} if error.value else why
        raise BadPolicy([("", _at_line(error.line, sentence))]) from error
    try:
        check_content(file.content)
    except BadPolicy as error:
        faults = [(path, _at_line(file.line_of(path), why)) for path, why in error.faults]
        raise BadPolicy(faults) from error
    return change_policy(
        policy_id=policy_id, content=file.content, actor=actor, at=at, expected=expected
    )


def _at_line(line: int, sentence: Any) -> str:
    return _("Line %(line)s: %(sentence)s") % {"line": line, "sentence": sentence}
