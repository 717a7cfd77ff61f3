"""The verbs on the handling policy: who may, when, and what each leaves behind."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from complaints.errors import BadInput, BadPolicy, Conflict, MoveRefused, NotAllowed
from complaints.models import Category, HandlingPolicy
from complaints.selectors.policy import (
    choices_for,
    content_digest,
    needs_first_approval,
    open_draft,
    policy_in_force,
    version_before,
    versions_for,
    writers_of,
)
from complaints.services.policy import (
    approve_policy,
    change_policy,
    discard_policy,
    draft_policy,
    install_default_policy,
    put_policy_in_force,
    reject_policy,
    submit_policy,
)
from complaints.services.policy_sources import adopt_preset, upload_policy
from complaints.states import PolicyState
from journal.selectors import history_of
from tests.complaints.factories import make_complaint, make_team, make_user

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def installed():
    return install_default_policy(at=AT - 100 * DAY)


@pytest.fixture
def writer():
    return make_user("quality_manager", username="qm")


@pytest.fixture
def approver():
    return make_user("top_management", username="top")


@pytest.fixture
def draft(installed, writer):
    return draft_policy(actor=writer, at=AT)


def change(draft, actor, *, at=AT, expected=None, note=None, **parts):
    """Change parts of a draft by their dotted paths' first key."""
    content = {**deepcopy(draft.content), **parts}
    return change_policy(
        policy_id=draft.pk, content=content, note=note, actor=actor, at=at, expected=expected
    )


def silence(days):
    return {"days": days, "reminders": 1, "first_reminder_after_days": 15}


def submitted(draft, writer, *, days=40, at=AT):
    change(draft, writer, silence=silence(days), at=at)
    return submit_policy(policy_id=draft.pk, note="More time.", actor=writer, at=at)


def last_entry(policy):
    """Return the newest entry of the record."""
    return list(history_of(policy))[-1]


def kinds(policy):
    return [entry.kind for entry in history_of(policy)]


# --- drafting --------------------------------------------------------------------------------


def test_a_draft_begins_from_the_version_in_force(installed, writer):
    draft = draft_policy(actor=writer, at=AT)
    assert (draft.version, draft.state) == (2, PolicyState.DRAFT)
    assert draft.content == installed.content
    assert draft.author == writer
    assert kinds(draft) == ["policy.drafted"]
    assert history_of(draft).get().payload["from"] == 1
    assert open_draft() == draft


def test_a_draft_may_begin_from_any_version(installed, writer, approver):
    first = submitted(draft_policy(actor=writer, at=AT), writer)
    approve_policy(policy_id=first.pk, actor=approver, at=AT)
    draft = draft_policy(from_version=1, actor=writer, at=AT + DAY)
    assert draft.content == installed.content
    assert draft.version == 3


def test_only_one_draft_is_open_at_a_time(draft, writer):
    with pytest.raises(MoveRefused):
        draft_policy(actor=writer, at=AT)


@pytest.mark.parametrize("role", ["agent", "handler", "manager", "auditor", "top_management"])
def test_only_quality_management_writes_the_policy(installed, draft, role):
    somebody = make_user(role)
    with pytest.raises(NotAllowed):
        draft_policy(actor=somebody, at=AT)
    with pytest.raises(NotAllowed):
        change(draft, somebody)
    with pytest.raises(NotAllowed):
        submit_policy(policy_id=draft.pk, note="x", actor=somebody, at=AT)
    with pytest.raises(NotAllowed):
        discard_policy(policy_id=draft.pk, actor=somebody, at=AT)


def test_a_version_that_does_not_exist_is_no_base(installed, writer):
    with pytest.raises(HandlingPolicy.DoesNotExist):
        draft_policy(from_version=77, actor=writer, at=AT)


# --- changing --------------------------------------------------------------------------------


def test_a_change_is_kept_and_recorded_by_path_and_digest(draft, writer):
    changed = change(draft, writer, silence=silence(45), note="  Slower post.  ")
    assert changed.says.silence.days == 45
    assert changed.change_note == "Slower post."
    entry = last_entry(draft)
    assert entry.kind == "policy.changed"
    assert entry.payload["paths"] == ["silence.days"]
    assert entry.payload["sha256"] == content_digest(changed.content)


def test_a_wrong_content_is_refused_with_every_fault(draft, writer):
    wrong = deepcopy(draft.content)
    wrong["clocks"][3]["amount"] = 0
    wrong["redress"]["approver"] = "1"
    with pytest.raises(BadPolicy) as refused:
        change_policy(policy_id=draft.pk, content=wrong, actor=writer, at=AT)
    assert [path for path, _sentence in refused.value.faults] == [
        "clocks.3.amount",
        "redress.approver",
    ]
    assert refused.value.field == "clocks.3.amount"
    draft.refresh_from_db()
    assert draft.content != wrong


@pytest.mark.parametrize(
    ("section", "index", "key", "value", "words"),
    [
        ("categories", 1, "team", "ghosts", "no active team “ghosts”"),
        ("clocks", 2, "calendar", "MARS", "no working calendar “MARS”"),
        ("clocks", 2, "preset", "XX-NONE", "no preset “XX-NONE”"),
        ("clocks", 2, "preset", "CN-PBOC-FIN", "Nobody has confirmed these figures"),
        ("escalation", 1, "permission", "complaints.dance", "nobody would be told"),
    ],
)
def test_names_that_lead_nowhere_here_are_refused(draft, writer, section, index, key, value, words):
    items = deepcopy(draft.content[section])
    items[index][key] = value
    with pytest.raises(BadPolicy) as refused:
        change(draft, writer, **{section: items})
    path, sentence = refused.value.faults[0]
    assert path in {f"{section}.{index}.{key}", f"{section}.{index}.confirmed"}
    assert words in str(sentence)


def test_a_calendar_of_the_policy_must_exist(draft, writer):
    with pytest.raises(BadPolicy):
        change(draft, writer, calendar="MARS")


def test_a_change_of_what_somebody_else_changed_is_a_conflict(draft, writer):
    seen = content_digest(draft.content)
    change(draft, writer, silence=silence(45), expected=seen)
    with pytest.raises(Conflict):
        change(draft, writer, silence=silence(50), expected=seen)


def test_what_is_no_draft_cannot_be_changed_submitted_or_discarded(installed, writer):
    with pytest.raises(MoveRefused):
        change(installed, writer)
    with pytest.raises(MoveRefused):
        submit_policy(policy_id=installed.pk, note="x", actor=writer, at=AT)
    with pytest.raises(MoveRefused):
        discard_policy(policy_id=installed.pk, actor=writer, at=AT)


def test_a_discarded_draft_stays_readable(draft, writer):
    gone = discard_policy(policy_id=draft.pk, actor=writer, at=AT)
    assert gone.state == PolicyState.DISCARDED
    assert gone.says.silence.days == 30
    assert kinds(gone)[-1] == "policy.discarded"
    assert open_draft() is None


# --- handing in ------------------------------------------------------------------------------


def test_handing_in_wants_to_know_what_changes(draft, writer):
    with pytest.raises(BadInput) as refused:
        submit_policy(policy_id=draft.pk, note="  ", actor=writer, at=AT)
    assert refused.value.field == "note"


def test_handing_in_checks_again_what_a_draft_says(draft, writer):
    team = make_team("care")
    categories = deepcopy(draft.content["categories"])
    categories[1]["team"] = "care"
    change(draft, writer, categories=categories)
    team.active = False
    team.save()
    with pytest.raises(BadPolicy):
        submit_policy(policy_id=draft.pk, note="x", actor=writer, at=AT)


def test_a_draft_that_changes_nothing_is_not_handed_in(installed, writer, approver):
    approve_policy(policy_id=installed.pk, actor=approver, at=AT)
    draft = draft_policy(actor=writer, at=AT)
    with pytest.raises(MoveRefused):
        submit_policy(policy_id=draft.pk, note="x", actor=writer, at=AT)


# --- approving -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.1")
def test_an_approved_version_takes_effect_at_once_and_is_recorded(draft, writer, approver):
    submitted(draft, writer)
    assert needs_first_approval()
    policy = approve_policy(policy_id=draft.pk, note="Good.", actor=approver, at=AT)
    assert (policy.state, policy.approved_by, policy.effective_from) == (
        PolicyState.APPROVED,
        approver,
        AT,
    )
    assert policy_in_force(AT) == policy
    assert not needs_first_approval()
    assert kinds(policy) == [
        "policy.drafted",
        "policy.changed",
        "policy.submitted",
        "policy.approved",
        "policy.in_force",
    ]


@pytest.mark.clause("CM-8.1")
def test_nobody_approves_what_they_wrote(draft, writer):
    submitted(draft, writer)
    with pytest.raises(NotAllowed):
        approve_policy(policy_id=draft.pk, actor=writer, at=AT)


def test_nobody_approves_what_they_helped_to_write(draft, writer):
    helper = make_user("quality_manager", username="qm2")
    change(draft, helper, silence=silence(45))
    submit_policy(policy_id=draft.pk, note="x", actor=writer, at=AT)
    assert writers_of(draft) == {writer.pk, helper.pk}
    with pytest.raises(NotAllowed):
        approve_policy(policy_id=draft.pk, actor=helper, at=AT)


@pytest.mark.parametrize("role", ["agent", "handler", "manager", "auditor", "administrator"])
def test_only_some_approve_or_reject(installed, role):
    somebody = make_user(role)
    with pytest.raises(NotAllowed):
        approve_policy(policy_id=installed.pk, actor=somebody, at=AT)
    with pytest.raises(NotAllowed):
        reject_policy(policy_id=installed.pk, reason="x", actor=somebody, at=AT)


def test_only_what_waits_is_approved_or_rejected(draft, approver):
    with pytest.raises(MoveRefused):
        approve_policy(policy_id=draft.pk, actor=approver, at=AT)
    with pytest.raises(MoveRefused):
        reject_policy(policy_id=draft.pk, reason="x", actor=approver, at=AT)


def test_no_version_takes_effect_in_the_past(installed, approver):
    with pytest.raises(BadInput) as refused:
        approve_policy(policy_id=installed.pk, effective_from=AT - DAY, actor=approver, at=AT)
    assert refused.value.field == "effective_from"


def test_no_version_takes_effect_before_an_older_one_does(installed, draft, writer, approver):
    approve_policy(policy_id=installed.pk, effective_from=AT + 5 * DAY, actor=approver, at=AT)
    submitted(draft, writer)
    with pytest.raises(BadInput):
        approve_policy(policy_id=draft.pk, effective_from=AT + DAY, actor=approver, at=AT)
    approve_policy(policy_id=draft.pk, effective_from=AT + 6 * DAY, actor=approver, at=AT)
    assert policy_in_force(AT + 5 * DAY) == installed
    assert policy_in_force(AT + 7 * DAY) == draft


def test_an_older_version_that_waited_is_superseded(installed, draft, writer, approver):
    submitted(draft, writer)
    approve_policy(policy_id=draft.pk, actor=approver, at=AT)
    installed.refresh_from_db()
    assert installed.state == PolicyState.REJECTED  # superseded
    assert last_entry(installed).payload["superseded_by"] == 2


def test_a_version_that_no_longer_fits_is_not_approved(draft, writer, approver):
    team = make_team("care")
    categories = deepcopy(draft.content["categories"])
    categories[1]["team"] = "care"
    change(draft, writer, categories=categories)
    submit_policy(policy_id=draft.pk, note="x", actor=writer, at=AT)
    team.active = False
    team.save()
    with pytest.raises(BadPolicy):
        approve_policy(policy_id=draft.pk, actor=approver, at=AT)


def test_rejecting_wants_a_reason_and_ends_it(installed, approver):
    with pytest.raises(BadInput):
        reject_policy(policy_id=installed.pk, reason=" ", actor=approver, at=AT)
    reject_policy(policy_id=installed.pk, reason="Too strict.", actor=approver, at=AT)
    installed.refresh_from_db()
    assert installed.decision_note == "Too strict."
    # The desk goes on by it all the same: there is no other.
    assert policy_in_force(AT) == installed


def test_the_author_takes_a_version_back(draft, writer):
    submitted(draft, writer)
    taken = reject_policy(policy_id=draft.pk, reason="A slip.", actor=writer, at=AT)
    assert taken.state == PolicyState.REJECTED


def test_a_draft_is_never_in_force(installed, writer, approver):
    reject_policy(policy_id=installed.pk, reason="No.", actor=approver, at=AT)
    draft_policy(actor=writer, at=AT)
    assert policy_in_force(AT) == installed


def test_without_any_version_the_desk_says_so():
    with pytest.raises(BadInput):
        policy_in_force(AT)


# --- taking effect ---------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2a")
def test_categories_follow_the_version_when_it_takes_effect(draft, writer, approver):
    make_team("care")
    categories = [c for c in deepcopy(draft.content["categories"]) if c["code"] != "person.other"]
    categories[1]["names"]["en"] = "Never arrived"
    categories.append(
        {
            "code": "service.app",
            "parent": "service",
            "names": {"en": "App", "zh": "应用"},
            "team": "care",
        }
    )
    categories.append(
        {"code": "service.app.login", "parent": "service.app", "names": {"en": "L", "zh": "登录"}}
    )
    change(draft, writer, categories=categories)
    submit_policy(policy_id=draft.pk, note="x", actor=writer, at=AT)
    approve_policy(policy_id=draft.pk, effective_from=AT + DAY, actor=approver, at=AT)
    gone = Category.objects.get(code="person.other")
    # Before anything was approved in force, the first approved version stands for the time before.
    put_policy_in_force(now=AT)
    gone.refresh_from_db()
    assert not gone.active
    assert Category.objects.get(code="product.not_received").name_en == "Never arrived"
    app = Category.objects.get(code="service.app")
    assert (str(app.team), app.top_class, str(app.parent)) == ("Care", "service", "Service")
    assert Category.objects.get(code="service.app.login").top_class == "service"


def test_a_version_takes_effect_when_its_time_has_come(installed, draft, writer, approver):
    approve_policy(policy_id=installed.pk, actor=approver, at=AT)
    causes = [c for c in deepcopy(draft.content["categories"]) if c["code"] != "person.other"]
    change(draft, writer, categories=causes)
    submit_policy(policy_id=draft.pk, note="x", actor=writer, at=AT)
    approve_policy(policy_id=draft.pk, effective_from=AT + DAY, actor=approver, at=AT)
    assert put_policy_in_force(now=AT) is None
    assert Category.objects.get(code="person.other").active
    assert put_policy_in_force(now=AT + DAY) == draft
    assert not Category.objects.get(code="person.other").active
    assert put_policy_in_force(now=AT + DAY) is None
    assert kinds(draft).count("policy.in_force") == 1


@pytest.mark.clause("CM-8.1")
def test_a_complaint_keeps_the_version_it_met(installed, draft, writer, approver):
    before = make_complaint(at=AT)
    submitted(draft, writer)
    approve_policy(policy_id=draft.pk, actor=approver, at=AT + DAY)
    approve_at = AT + DAY
    after = make_complaint(at=approve_at + DAY)
    before.refresh_from_db()
    assert (before.policy.version, before.policy.says.silence.days) == (1, 30)
    assert (after.policy.version, after.policy.says.silence.days) == (2, 40)


def test_a_category_put_aside_stays_on_the_complaints_that_carry_it(draft, writer, approver):
    other = Category.objects.get(code="person.other")
    complaint = make_complaint(at=AT, category=other)
    categories = [c for c in deepcopy(draft.content["categories"]) if c["code"] != "person.other"]
    change(draft, writer, categories=categories)
    submit_policy(policy_id=draft.pk, note="x", actor=writer, at=AT)
    approve_policy(policy_id=draft.pk, actor=approver, at=AT)
    complaint.refresh_from_db()
    assert complaint.category == other
    assert not Category.objects.get(code="person.other").active


# --- sources ---------------------------------------------------------------------------------


def test_a_known_time_limit_is_taken_over_with_its_source(draft, writer):
    changed = adopt_preset(
        policy_id=draft.pk, preset="CN-BANK-INS", clock="complex", actor=writer, at=AT
    )
    clock = changed.says.clocks[-1]
    assert (clock.code, clock.preset, clock.hard) == (
        "cn-bank-ins.complex",
        "CN-BANK-INS",
        True,
    )
    assert "complainant" not in clock.pause_reasons
    assert changed.change_note == ""


def test_figures_nobody_confirmed_need_somebody_who_answers_for_them(draft, writer):
    wanted = {"policy_id": draft.pk, "preset": "CN-PBOC-FIN", "actor": writer, "at": AT}
    with pytest.raises(BadInput) as refused:
        adopt_preset(clock="decision", **wanted)
    assert refused.value.field == "confirmed"
    changed = adopt_preset(clock="decision", confirmed=True, **wanted)
    assert changed.says.clocks[-1].confirmed == "qm, 2026-11-02"
    assert "compared with the source by qm" in changed.change_note


@pytest.mark.parametrize(
    ("preset", "clock", "field"),
    [
        ("XX-NONE", "decision", "preset"),
        ("CN-BANK-INS", "nothing", "clock"),
        ("CN-12315-MEDIATION", "mediation", "clock"),  # an authority's clock, not the desk's
    ],
)
def test_what_is_no_time_limit_of_the_desk_is_not_taken_over(draft, writer, preset, clock, field):
    with pytest.raises(BadInput) as refused:
        adopt_preset(policy_id=draft.pk, preset=preset, clock=clock, actor=writer, at=AT)
    assert refused.value.field == field


def test_a_rule_that_has_ended_is_not_taken_over(draft, writer):
    with pytest.raises(BadInput) as refused:
        adopt_preset(
            policy_id=draft.pk,
            preset="CN-12315-MEDIATION-2020",
            clock="mediation",
            actor=writer,
            at=AT,
        )
    assert refused.value.field == "preset"


def test_a_time_limit_is_taken_over_once(draft, writer):
    wanted = {
        "policy_id": draft.pk,
        "preset": "CN-CONSUMER-REMEDY",
        "clock": "no_reason_return",
        "actor": writer,
        "at": AT,
    }
    adopt_preset(**wanted)
    with pytest.raises(BadInput):
        adopt_preset(**wanted)


def test_only_into_a_draft(installed, writer):
    with pytest.raises(MoveRefused):
        adopt_preset(
            policy_id=installed.pk,
            preset="CN-CONSUMER-REMEDY",
            clock="no_reason_return",
            actor=writer,
            at=AT,
        )


def test_a_file_replaces_what_a_draft_says(draft, writer):
    with pytest.raises(BadPolicy):
        upload_policy(policy_id=draft.pk, text="a: [", actor=writer, at=AT)
    with pytest.raises(BadPolicy) as refused:
        upload_policy(policy_id=draft.pk, text="calendar: 7\n", actor=writer, at=AT)
    assert any("Line 1:" in sentence for _path, sentence in refused.value.faults)


def test_an_extension_is_carried_over_in_days_where_it_can_be(draft, writer):
    changed = adopt_preset(
        policy_id=draft.pk,
        preset="CN-PBOC-FIN",
        clock="decision",
        confirmed=True,
        actor=writer,
        at=AT,
    )
    assert changed.says.clocks[-1].extension_max == 45  # from 15 days to 60 in all


# --- what the page offers ---------------------------------------------------------------------


def test_the_page_offers_what_the_verbs_allow(installed, draft, writer, approver):
    own = choices_for(writer, draft)
    assert own.edit
    assert not own.draft
    assert not own.decide
    top = choices_for(approver, draft)
    assert [top.edit, top.draft, top.decide, top.take_back] == [False] * 4
    submitted(draft, writer)
    draft.refresh_from_db()
    mine, theirs = choices_for(writer, draft), choices_for(approver, draft)
    assert mine.take_back
    assert mine.decide
    assert mine.why_no_approval
    assert theirs.decide
    assert not theirs.why_no_approval
    assert choices_for(make_user("agent"), installed).draft is False


def test_a_version_is_compared_with_the_approved_one_before_it(installed, draft, writer, approver):
    assert version_before(installed) is None
    assert version_before(draft) == installed
    submitted(draft, writer)
    approve_policy(policy_id=draft.pk, actor=approver, at=AT)
    third = draft_policy(actor=writer, at=AT + DAY)
    assert version_before(third) == draft
    assert [policy.version for policy in versions_for(writer)] == [3, 2, 1]
