"""What was typed, handed to the verbs: for steps of an incident that need more than a line."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from complaints.states import MessageChannel
from incidents.rules.customers import BadRow
from incidents.services import customers as customer_verbs
from incidents.services import joint as joint_verbs
from incidents.services import representatives as representative_verbs
from incidents.services import statements as statement_verbs
from incidents.states import FactState
from incidents.views.act_kind import (
    Again,
    Form,
    Who,
)

AT_ONCE = 10  # complaints of a joint message done before the answer; the worker does the rest


def of_incident(form: Form) -> dict[str, Any]:
    return {"incident_id": form.incident.pk, "expected_version": form.version}


def prepare_joint(form: Form, who: Who) -> Any:
    return joint_verbs.prepare_joint(
        kind=form.step,
        texts=form.texts,
        lessons=form.given.get("lessons", ""),
        language=translation.get_language() or "",
        **of_incident(form),
        **who,
    )


def start_joint(form: Form, who: Who) -> Any:
    run = joint_verbs.start_joint(run_id=form.thing.pk, **who)
    joint_verbs.continue_joint(run_id=run.pk, limit=AT_ONCE, now=who["at"])
    return run


def tell_by_hand(form: Form, who: Who) -> Any:
    given = form.given
    joint_verbs.tell_by_hand(
        item_id=form.thing.pk,
        channel=MessageChannel(given["channel"]),
        text=given["text"],
        told_at=form.at_once("told_at"),
        **who,
    )
    return form.thing.run


def make_exception(form: Form, who: Who) -> Any:
    given = form.given
    names = ("leave_out", "reason", "subject", "text")
    joint_verbs.make_exception(
        item_id=form.thing.pk, **{name: given[name] for name in names}, **who
    )
    return form.thing.run


def change_joint(form: Form, who: Who) -> Any:
    return joint_verbs.change_joint(
        run_id=form.thing.pk, texts=form.texts, lessons=form.given.get("lessons", ""), **who
    )


def write(form: Form, who: Who) -> None:
    names = ("audience", "channel", "title", "language", "text")
    given = {name: form.given[name] for name in names}
    statement_verbs.write_statement(incident_id=form.incident.pk, **given, **who)


def settle(form: Form, who: Who) -> None:
    given = form.given
    statement_verbs.settle_fact(
        fact_id=form.thing.pk, state=FactState(given["state"]), source=given["source"], **who
    )


def add_customers(form: Form, who: Who) -> Any:
    added = customer_verbs.add_customers(incident_id=form.incident.pk, text=form.listed, **who)
    said = ngettext("%(count)s customer added.", "%(count)s customers added.", added.new)
    told = said % {"count": added.new}
    if added.known:
        known = ngettext(
            "%(count)s was on the list already.",
            "%(count)s were on the list already.",
            added.known,
        )
        told = f"{told} {known % {'count': added.known}}"
    if not added.bad:
        return told
    left = "\n".join(row.text for row in added.bad)
    return Again(told, [_fault(row) for row in added.bad], {"text": left})


_FAULTS: Mapping[str, Any] = {
    "no_name": _("Line %(line)s: there is no name."),
    "no_contact": _("Line %(line)s: there is neither phone nor e-mail."),
    "bad_email": _("Line %(line)s: this is no e-mail address."),
    "bad_phone": _("Line %(line)s: this is no phone number."),
    "too_long": _("Line %(line)s: something is too long."),
    "too_many": _("Line %(line)s: that is more than a list may hold; add the rest afterwards."),
}


def _fault(row: BadRow) -> str:
    return f"{_FAULTS[row.code] % {'line': row.line}} {row.text}"


def log_outreach(form: Form, who: Who) -> None:
    given = form.given
    names = ("channel", "result", "note", "reference")
    customer_verbs.log_outreach(
        customer_id=form.thing.pk,
        reached_at=form.at_once("reached_at"),
        **{name: given[name] for name in names},
        **who,
    )


def record_consent(form: Form, who: Who) -> None:
    given = form.given
    representative_verbs.record_consent(
        representative_id=form.thing.pk,
        complaint_ids=[int(pk) for pk in given["complaints"]],
        act=given["act"],
        how=given["how"],
        given_at=form.at_once("given_at"),
        **who,
    )
