"""The steps of an incident: for each its form, its verb, the word when it is done."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from incidents.forms import findings, joint, lifecycle, people, statements
from incidents.forms.base import ConfirmForm, NoteForm, ReasonForm
from incidents.services import customers as customer_verbs
from incidents.services import findings as finding_verbs
from incidents.services import joint as joint_verbs
from incidents.services import lifecycle as verbs
from incidents.services import representatives as representative_verbs
from incidents.services import statements as statement_verbs
from incidents.services.linking import unlink_complaint
from incidents.views.act_kind import (
    Act,
    the_complaint,
    the_customer,
    the_fact,
    the_finding,
    the_item,
    the_representative,
    the_run,
    the_statement,
    the_step,
    the_version,
)
from incidents.views.acts_given import (
    add_customers,
    change_joint,
    log_outreach,
    make_exception,
    of_incident,
    prepare_joint,
    record_consent,
    settle,
    start_joint,
    tell_by_hand,
    write,
)

ACTS: Mapping[str, Act] = {
    # --- the incident itself
    "change": Act(
        _("Change scope or command"),
        lifecycle.ChangeForm,
        lambda f, w: verbs.change_incident(scope=f.scope, **of_incident(f), **w),
        _("Changed."),
    ),
    "declare": Act(
        _("Declare the incident"),
        ConfirmForm,
        lambda f, w: verbs.declare_incident(**of_incident(f), **w),
        _("Declared."),
        hint=_(
            "From here on it is handled as one event. Each complaint keeps its number, its time "
            "limits and its own outcome."
        ),
    ),
    "contain": Act(
        _("Note containment"),
        lifecycle.ContainForm,
        lambda f, w: verbs.contain_incident(how=f.given["how"], **of_incident(f), **w),
        _("Contained."),
    ),
    "resolve": Act(
        _("Note as resolved"),
        lifecycle.ResolveForm,
        lambda f, w: verbs.resolve_incident(how=f.given["how"], **of_incident(f), **w),
        _("Resolved."),
    ),
    "reopen": Act(
        _("Back to contained"),
        ReasonForm,
        lambda f, w: verbs.reopen_incident(reason=f.given["reason"], **of_incident(f), **w),
        _("Taken back to contained."),
    ),
    "close": Act(
        _("Close the incident"),
        lifecycle.CloseForm,
        lambda f, w: verbs.close_incident(lessons=f.given["lessons"], **of_incident(f), **w),
        _("Closed."),
    ),
    "stand_down": Act(
        _("No incident after all"),
        ReasonForm,
        lambda f, w: verbs.stand_down(reason=f.given["reason"], **of_incident(f), **w),
        _("Stood down. The complaints go on by themselves."),
        danger=True,
    ),
    "unlink": Act(
        _("Take the complaint out"),
        ReasonForm,
        lambda f, w: unlink_complaint(
            incident_id=f.incident.pk, complaint_id=f.thing.pk, reason=f.given["reason"], **w
        ),
        _("Taken out. The complaint goes on by itself."),
        tab="complaints",
        find=the_complaint,
    ),
    # --- common finding
    "finding": Act(
        _("Write the common finding"),
        findings.FindingForm,
        lambda f, w: finding_verbs.propose_finding(position=f.position, **of_incident(f), **w),
        _("Waits for somebody else's approval."),
        tab="finding",
        button=_("Hand in for approval"),
    ),
    "finding_approve": Act(
        _("Approve the common finding"),
        NoteForm,
        lambda f, w: finding_verbs.approve_finding(
            finding_id=f.thing.pk, note=f.given["note"], **w
        ),
        _("Approved. It is proposed on each linked complaint now."),
        tab="finding",
        find=the_finding,
        for_managers=False,
    ),
    "finding_return": Act(
        _("Return the common finding"),
        NoteForm,
        lambda f, w: finding_verbs.return_finding(finding_id=f.thing.pk, note=f.given["note"], **w),
        _("Returned, with your remark."),
        tab="finding",
        find=the_finding,
        for_managers=False,
    ),
    # --- joint messages
    "joint": Act(
        _("Prepare a joint message"),
        joint.JointForm,
        prepare_joint,
        _("Prepared: look at what each complainant is told."),
        tab="message",
        button=_("Show what each is told"),
    ),
    "joint_text": Act(
        _("Change the text for all"),
        joint.JointForm,
        change_joint,
        _("Changed."),
        tab="message",
        find=the_run,
    ),
    "joint_exception": Act(
        _("Exception for one complaint"),
        joint.ExceptionForm,
        make_exception,
        _("Noted for this complaint."),
        tab="message",
        find=the_item,
    ),
    "joint_start": Act(
        _("Begin"),
        ConfirmForm,
        start_joint,
        _("Begun. You may leave the page: it goes on."),
        tab="message",
        find=the_run,
        hint=_("Each complaint goes through the same checks as on its own page."),
    ),
    "joint_discard": Act(
        _("Throw the draft away"),
        ConfirmForm,
        lambda f, w: joint_verbs.discard_joint(run_id=f.thing.pk, **w) and None,
        _("Thrown away. Nothing was sent."),
        tab="messages",
        find=the_run,
        danger=True,
    ),
    "joint_told": Act(
        _("Told by phone or letter"),
        joint.ByHandForm,
        tell_by_hand,
        _("Recorded."),
        tab="message",
        find=the_item,
    ),
    # --- communication
    "fact": Act(
        _("Write a fact down"),
        statements.FactForm,
        lambda f, w: (
            statement_verbs.add_fact(
                incident_id=f.incident.pk,
                text=f.given["text"],
                source=f.given["source"],
                confirmed=f.given["confirmed"],
                **w,
            )
            and None
        ),
        _("Written down."),
        tab="statements",
    ),
    "fact_settle": Act(
        _("Confirm or refute a fact"),
        statements.SettleForm,
        settle,
        _("Noted."),
        tab="statements",
        find=the_fact,
    ),
    "statement": Act(
        _("Write a statement"),
        statements.StatementForm,
        write,
        _("Saved as a draft."),
        tab="statements",
        button=_("Save as a draft"),
    ),
    "statement_version": Act(
        _("Write a new version"),
        statements.VersionForm,
        lambda f, w: (
            statement_verbs.rewrite_statement(
                statement_id=f.thing.pk, text=f.given["text"], language=f.given["language"], **w
            )
            and None
        ),
        _("Saved as a draft."),
        tab="statements",
        find=the_statement,
        button=_("Save as a draft"),
    ),
    "statement_submit": Act(
        _("Hand in for approval"),
        ConfirmForm,
        lambda f, w: statement_verbs.submit_statement(version_id=f.thing.pk, **w) and None,
        _("Handed in. The first approver was told."),
        tab="statements",
        find=the_version,
        hint=_("From now on its words stand; the minutes of the first approver begin."),
    ),
    "statement_approve": Act(
        _("Approve the statement"),
        NoteForm,
        lambda f, w: (
            statement_verbs.approve_statement(step_id=f.thing.pk, note=f.given["note"], **w)
            and None
        ),
        _("Approved."),
        tab="statements",
        find=the_step,
        for_managers=False,
    ),
    "statement_return": Act(
        _("Return the statement"),
        NoteForm,
        lambda f, w: (
            statement_verbs.return_statement(step_id=f.thing.pk, note=f.given["note"], **w) and None
        ),
        _("Returned, with your remark."),
        tab="statements",
        find=the_step,
        for_managers=False,
    ),
    "statement_release": Act(
        _("Note the release"),
        statements.ReleaseForm,
        lambda f, w: (
            statement_verbs.release_statement(
                version_id=f.thing.pk, released_at=f.at_once("released_at"), **w
            )
            and None
        ),
        _("Released."),
        tab="statements",
        find=the_version,
    ),
    # --- customers and representatives
    "customers": Act(
        _("Add affected customers"),
        people.CustomersForm,
        add_customers,
        _("Added."),
        tab="customers",
    ),
    "offer": Act(
        _("Decide what affected customers are offered"),
        people.OfferForm,
        lambda f, w: (
            customer_verbs.decide_offer(
                offer=f.given["offer"], detail=f.given["detail"], **of_incident(f), **w
            )
            and None
        ),
        _("Decided."),
        tab="customers",
    ),
    "outreach": Act(
        _("Contact with a customer"),
        people.OutreachForm,
        log_outreach,
        _("Noted."),
        tab="customers",
        find=the_customer,
    ),
    "representative": Act(
        _("Name a representative"),
        people.RepresentativeForm,
        lambda f, w: (
            representative_verbs.name_representative(mandate=f.given_mandate, **of_incident(f), **w)
            and None
        ),
        _("Named."),
        tab="representatives",
    ),
    "representative_end": Act(
        _("End the representation"),
        ReasonForm,
        lambda f, w: (
            representative_verbs.end_representation(
                representative_id=f.thing.pk, reason=f.given["reason"], **w
            )
            and None
        ),
        _("Ended."),
        tab="representatives",
        find=the_representative,
    ),
    "consent": Act(
        _("Record consent"),
        people.ConsentForm,
        record_consent,
        _("Recorded."),
        tab="representatives",
        find=the_representative,
    ),
    "deed": Act(
        _("Record what was agreed"),
        people.DeedForm,
        lambda f, w: (
            representative_verbs.record_representative_act(
                representative_id=f.thing.pk, act=f.given["act"], text=f.given["text"], **w
            )
            and None
        ),
        _("Recorded, and noted on each complaint."),
        tab="representatives",
        find=the_representative,
    ),
}
