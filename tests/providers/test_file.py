"""The file of a provider: told, confirmed, selected, contracted; stopped and ended (CM-8.7)."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied

from accounts.models import Provider, User
from accounts.rules import PERMISSIONS_OF
from accounts.services import Outsider, employ, employ_software, release
from journal.errors import Refusal
from journal.selectors import history_of
from journal.services import deliver_pending, verify_subject
from providers import events
from providers.errors import BadInput, Conflict, NotAllowed
from providers.models import AccessToken, ApiClient, ClientSecret
from providers.rules.matrix import EXTRAS, STEPS
from providers.rules.standing import reminder_due
from providers.selectors.file import providers_visible_to, standing_of
from providers.services.contracts import (
    approve_contract,
    change_contract,
    discard_contract,
    draft_contract,
    end_contract,
    return_contract,
    submit_contract,
)
from providers.services.evaluating import Judgement, evaluate_provider
from providers.services.file import (
    Happened,
    change_provider,
    close_breach,
    create_provider,
    engage_person,
    note_breach,
    release_person,
)
from providers.services.requirements import confirm_requirements, tell_requirements
from providers.services.standing import resume_provider, suspend_provider, sweep_contracts
from tests.accounts.factories import administrator, person
from tests.providers import files
from tests.providers.files import NOW, TEXTS, TODAY, approver, at_work, begun, keeper

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def held(provider: Provider) -> tuple[bool, list[str], list[str]]:
    """Return what is written down as granted."""
    provider.refresh_from_db()
    return provider.active, provider.granted, provider.shown_fields


# --- nothing is granted until everything is there -------------------------------------------------


def test_a_file_that_was_begun_grants_nothing():
    provider = begun()
    assert held(provider) == (False, [], [])
    wen = files.worker(provider)
    assert files.fresh(wen).permissions == frozenset()


@pytest.mark.clause("CM-8.7")
def test_selected_told_confirmed_and_contracted_it_may_work():
    provider, wen = at_work()
    active, granted, shown = held(provider)
    assert active
    assert set(granted) == {
        "complaints.view",
        "complaints.receive",
        "complaints.acknowledge",
        "complaints.declare_emergency",
        "complaints.note",
    }
    assert shown == ["name", "phone"]
    assert wen.permissions == frozenset(granted)
    assert files.kinds(provider)[-2:] == [events.CONTRACT_APPROVED, events.GRANTED]
    assert verify_subject(provider).intact


def test_what_can_be_granted_is_what_the_role_carries():
    grantable = {"complaints.view", *STEPS.values(), *EXTRAS}
    assert grantable == PERMISSIONS_OF["provider_staff"]


def test_no_contract_is_handed_in_before_the_selection():
    contract = files.drafted(begun())
    with pytest.raises(Conflict) as refused:
        submit_contract(contract_id=contract.pk, actor=keeper(), at=NOW)
    assert refused.value.code == "not_selected"


def test_no_contract_is_approved_before_the_provider_has_confirmed():
    provider = begun()
    files.selected(provider)
    files.told(provider)
    contract = files.drafted(provider)
    submit_contract(contract_id=contract.pk, actor=keeper(), at=NOW)
    with pytest.raises(Conflict) as refused:
        approve_contract(contract_id=contract.pk, actor=approver(), at=NOW)
    assert refused.value.code == "not_confirmed"
    assert held(provider) == (False, [], [])


def test_nobody_approves_a_contract_they_wrote():
    provider = begun()
    files.selected(provider)
    quality = person("quinn", "quality_manager")
    wen = files.worker(provider)
    confirm_requirements(requirements_id=files.told(provider).pk, actor=wen, at=NOW)
    contract = files.drafted(provider)
    change_contract(contract_id=contract.pk, terms=files.terms(note="x"), actor=quality, at=NOW)
    submit_contract(contract_id=contract.pk, actor=quality, at=NOW)
    with pytest.raises(NotAllowed):
        approve_contract(contract_id=contract.pk, actor=quality, at=NOW)
    with pytest.raises(NotAllowed):
        approve_contract(contract_id=contract.pk, actor=keeper(), at=NOW)  # managers do not approve
    assert approve_contract(contract_id=contract.pk, actor=approver(), at=NOW).state == "approved"


def test_a_contract_whose_last_day_is_over_is_not_approved():
    provider = begun()
    files.selected(provider)
    wen = files.worker(provider)
    confirm_requirements(requirements_id=files.told(provider).pk, actor=wen, at=NOW)
    contract = files.drafted(provider, starts_on=TODAY - 2 * DAY, ends_on=TODAY - DAY)
    submit_contract(contract_id=contract.pk, actor=keeper(), at=NOW)
    with pytest.raises(Conflict) as refused:
        approve_contract(contract_id=contract.pk, actor=approver(), at=NOW)
    assert refused.value.code == "over"


def test_a_contract_that_is_given_back_can_be_written_on_or_thrown_away():
    provider = begun()
    files.selected(provider)
    contract = files.drafted(provider)
    submit_contract(contract_id=contract.pk, actor=keeper(), at=NOW)
    with pytest.raises(BadInput) as refused:
        return_contract(contract_id=contract.pk, remark=" ", actor=approver(), at=NOW)
    assert refused.value.field == "note"
    returned = return_contract(
        contract_id=contract.pk, remark="Name the hours.", actor=approver(), at=NOW
    )
    assert (returned.state, returned.decision_note) == ("draft", "Name the hours.")
    with pytest.raises(Conflict):
        draft_contract(provider_id=provider.pk, terms=files.terms(), actor=keeper(), at=NOW)
    discard_contract(contract_id=contract.pk, actor=keeper(), at=NOW)
    with pytest.raises(Conflict):
        submit_contract(contract_id=contract.pk, actor=keeper(), at=NOW)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": " "}, "number"),
        ({"ends_on": TODAY - DAY}, "ends_on"),
        ({"matrix": files.matrix()[:-1]}, "declare_emergency"),
        ({"extras": ["accounts.manage"]}, "extras"),
        ({"shown_fields": ["phone_key"]}, "shown_fields"),
    ],
)
def test_a_contract_names_what_is_wrong_with_it(fields, field):
    with pytest.raises(BadInput) as refused:
        files.drafted(begun(), **fields)
    assert refused.value.field == field


def test_no_contract_takes_the_passing_on_of_emergencies_from_a_provider():
    rows = [
        duty.model_copy(update={"by": "organisation"}) if duty.step == "declare_emergency" else duty
        for duty in files.matrix("receive")
    ]
    with pytest.raises(BadInput) as refused:
        files.drafted(begun(), matrix=rows)
    assert refused.value.field == "declare_emergency"


# --- told and confirmed --------------------------------------------------------------------------


def test_only_a_person_of_the_provider_confirms_and_only_the_newest():
    provider = begun()
    wen = files.worker(provider)
    first = files.told(provider)
    other = files.worker(begun("another"), "olga")
    for somebody in (keeper(), other):
        with pytest.raises(NotAllowed):
            confirm_requirements(requirements_id=first.pk, actor=somebody, at=NOW)
    newer = {**TEXTS, "escalation": {"en": "Within ten minutes.", "zh": "十分钟内。"}}
    second = tell_requirements(provider_id=provider.pk, texts=newer, actor=keeper(), at=NOW)
    with pytest.raises(Conflict):
        confirm_requirements(requirements_id=first.pk, actor=wen, at=NOW)
    confirmed = confirm_requirements(requirements_id=second.pk, actor=wen, at=NOW)
    assert (confirmed.version, confirmed.confirmed_by) == (2, wen)
    with pytest.raises(Conflict):
        confirm_requirements(requirements_id=second.pk, actor=wen, at=NOW)


def test_requirements_are_told_in_both_languages_and_only_when_new():
    provider = begun()
    with pytest.raises(BadInput) as refused:
        tell_requirements(
            provider_id=provider.pk,
            texts={**TEXTS, "confidentiality": {"en": "Keep quiet.", "zh": ""}},
            actor=keeper(),
            at=NOW,
        )
    assert refused.value.field == "confidentiality_zh"
    files.told(provider)
    with pytest.raises(Conflict):
        files.told(provider)


def test_what_was_confirmed_goes_on_to_hold_while_a_new_version_waits():
    provider, _wen = at_work()
    newer = {**TEXTS, "escalation": {"en": "Within ten minutes.", "zh": "十分钟内。"}}
    tell_requirements(provider_id=provider.pk, texts=newer, actor=keeper(), at=NOW)
    assert held(provider)[0]


# --- evaluated -----------------------------------------------------------------------------------


def test_an_evaluation_keeps_its_result_and_decision():
    provider = begun()
    found = evaluate_provider(
        provider_id=provider.pk,
        judgement=Judgement("periodic", {"competence": 3}, "improve", "Slow.", date(2026, 6, 1)),
        actor=keeper(),
        at=NOW,
    )
    assert (found.result, found.decision) == (50, "improve")
    assert standing_of(provider, date(2026, 6, 2)).evaluation_late


@pytest.mark.parametrize(
    ("judgement", "field"),
    [
        (Judgement("yearly", files.GOOD, "selected", "Good.", date(2027, 1, 1)), "kind"),
        (Judgement("selection", {"charm": 5}, "selected", "Good.", date(2027, 1, 1)), "charm"),
        (Judgement("selection", {"value": 6}, "selected", "Good.", date(2027, 1, 1)), "value"),
        (Judgement("selection", {}, "selected", "Good.", date(2027, 1, 1)), "kind"),
        (Judgement("selection", files.GOOD, "continue", "Good.", date(2027, 1, 1)), "decision"),
        (Judgement("selection", files.GOOD, "selected", " ", date(2027, 1, 1)), "reason"),
        (Judgement("selection", {"value": 2}, "selected", "Cheap.", date(2027, 1, 1)), "decision"),
        (Judgement("selection", files.GOOD, "selected", "Good.", None), "next_due_on"),
        (Judgement("selection", files.GOOD, "selected", "Good.", TODAY), "next_due_on"),
    ],
)
def test_an_evaluation_names_what_is_wrong_with_it(judgement, field):
    with pytest.raises(BadInput) as refused:
        evaluate_provider(provider_id=begun().pk, judgement=judgement, actor=keeper(), at=NOW)
    assert refused.value.field == field


# --- stopped -------------------------------------------------------------------------------------


def software(provider: Provider) -> ApiClient:
    """Return a client of a provider with a secret and a token."""
    user = person("robot", password=None, is_client=True)
    user.memberships.create(role="api_client", provider=provider)
    client = ApiClient.objects.create(
        name="Robot", provider=provider, user=user, client_id="rc_1", made_at=NOW
    )
    ClientSecret.objects.create(client=client, digest="d", hint="abcd", made_at=NOW)
    AccessToken.objects.create(client=client, digest="t", made_at=NOW, ends_at=NOW + DAY)
    return client


def test_a_suspended_provider_stops_at_once_and_goes_on_when_resumed():
    provider, wen = at_work()
    software(provider)
    with pytest.raises(BadInput) as refused:
        suspend_provider(provider_id=provider.pk, reason="", actor=keeper(), at=NOW)
    assert refused.value.field == "reason"
    suspend_provider(provider_id=provider.pk, reason="Data leaked.", actor=keeper(), at=NOW)
    assert held(provider) == (False, [], [])
    assert not AccessToken.objects.exists()
    assert files.fresh(wen).permissions == frozenset()
    with pytest.raises(Conflict):
        suspend_provider(provider_id=provider.pk, reason="Again.", actor=keeper(), at=NOW)
    with pytest.raises(BadInput):
        resume_provider(provider_id=provider.pk, reason="", actor=keeper(), at=NOW)
    resume_provider(provider_id=provider.pk, reason="Mended.", actor=keeper(), at=NOW)
    assert held(provider)[0]
    with pytest.raises(Conflict):
        resume_provider(provider_id=provider.pk, reason="Mended.", actor=keeper(), at=NOW)
    assert files.kinds(provider)[-4:] == [
        events.SUSPENDED,
        events.STOPPED,
        events.RESUMED,
        events.GRANTED,
    ]


def test_a_contract_that_runs_out_stops_its_provider_by_itself_with_warnings_before():
    provider, _wen = at_work(ends_on=TODAY + 40 * DAY)
    for days in (5, 10, 11, 33, 34, 40):
        sweep_contracts(now=NOW + days * DAY)
    warnings = [kind for kind in files.kinds(provider) if kind == events.CONTRACT_ENDING]
    assert len(warnings) == 2  # thirty days before, and seven
    assert held(provider)[0]
    sweep_contracts(now=NOW + 41 * DAY)
    assert held(provider) == (False, [], [])
    assert files.kinds(provider)[-1] == events.STOPPED


def test_a_contract_begins_on_its_first_day():
    provider, _wen = at_work(starts_on=TODAY + 3 * DAY)
    assert not held(provider)[0]
    sweep_contracts(now=NOW + 2 * DAY)
    assert not held(provider)[0]
    sweep_contracts(now=NOW + 3 * DAY)
    assert held(provider)[0]


def test_nobody_is_warned_of_a_contract_that_another_one_follows():
    provider, _wen = at_work(ends_on=TODAY + 20 * DAY)
    later = files.drafted(
        provider, number="C-2", starts_on=TODAY + 21 * DAY, ends_on=TODAY + 400 * DAY
    )
    submit_contract(contract_id=later.pk, actor=keeper(), at=NOW)
    approve_contract(contract_id=later.pk, actor=approver(), at=NOW)
    sweep_contracts(now=NOW + 15 * DAY)
    assert events.CONTRACT_ENDING not in files.kinds(provider)


def test_an_evaluation_that_falls_due_is_told_once():
    provider, _wen = at_work(ends_on=date(2028, 1, 1))
    due = NOW + (date(2026, 9, 1) - TODAY)
    for days in (20, 19, 5):
        sweep_contracts(now=due - days * DAY)
    told = [kind for kind in files.kinds(provider) if kind == events.EVALUATION_DUE]
    assert len(told) == 2


@pytest.mark.clause("CM-8.7")
def test_who_keeps_files_is_written_to_once_for_each_step_of_a_cause():
    """An evaluation nobody makes, and requirements nobody confirms: told at growing steps."""
    provider, _wen = at_work(ends_on=date(2028, 1, 1))
    second = {**TEXTS, "escalation": {"en": "Call us.", "zh": "请来电。"}}
    tell_requirements(provider_id=provider.pk, texts=second, actor=keeper(), at=NOW)
    due = NOW + (date(2026, 9, 1) - TODAY)
    for kind, since in ((events.REQUIREMENTS_WAITING, NOW), (events.EVALUATION_LATE, due)):
        for days in (1, 2, 3, 4, 13, 15, 29, 31, 59, 61):
            for _again in range(2):
                sweep_contracts(now=since + days * DAY)
        said = [entry.payload["days"] for entry in history_of(provider).filter(kind=kind)]
        assert said[:4] == [3, 14, 30, 60]
    mail.outbox.clear()
    User.objects.filter(username="mia").update(email="mia@house.example", language="zh-hans")
    sweep_contracts(now=due + 91 * DAY)
    later = due + 92 * DAY
    deliver_pending(clock=lambda: later)
    deliver_pending(clock=lambda: later)
    assert {one.to[0] for one in mail.outbox} == {"mia@house.example"}
    told = [one for one in mail.outbox if "90" in one.body and "/providers/callcentre/" in one.body]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("days", "last", "due"),
    [(2, None, None), (3, None, 3), (3, 3, None), (20, 3, 14), (29, 14, None), (95, 30, 90)],
)
def test_reminders_come_at_growing_steps(days, last, due):
    assert reminder_due(TODAY, TODAY + days * DAY, last) == due


def test_the_end_closes_accounts_and_erases_secrets():
    provider, wen = at_work()
    client = software(provider)
    contract = provider.contracts.get()
    with pytest.raises(BadInput) as refused:
        end_contract(contract_id=contract.pk, reason=" ", actor=keeper(), at=NOW)
    assert refused.value.field == "reason"
    ended = end_contract(contract_id=contract.pk, reason="Moved in-house.", actor=keeper(), at=NOW)
    assert (ended.state, ended.end_reason) == ("ended", "Moved in-house.")
    assert held(provider) == (False, [], [])
    client.refresh_from_db()
    client.user.refresh_from_db()
    assert (client.ended_at, client.user.is_active) == (NOW, False)
    assert not files.fresh(wen).is_active
    assert not ClientSecret.objects.exists()
    assert not AccessToken.objects.exists()
    with pytest.raises(Conflict):
        end_contract(contract_id=contract.pk, reason="Again.", actor=keeper(), at=NOW)


# --- people --------------------------------------------------------------------------------------


def test_who_keeps_the_file_lets_people_in_and_closes_their_accounts():
    provider, _wen = at_work()
    assert not keeper().permissions & {"accounts.manage"}
    olga = files.worker(provider, "olga")
    assert (olga.provider, olga.must_change_password) == (provider, True)
    release_person(provider_id=provider.pk, user_id=olga.pk, actor=keeper(), at=NOW)
    assert not files.fresh(olga).is_active
    for gone in (olga.pk, keeper().pk):
        with pytest.raises(Conflict):
            release_person(provider_id=provider.pk, user_id=gone, actor=keeper(), at=NOW)


def test_a_colleague_is_not_closed_through_a_file_nor_named_twice():
    provider = begun()
    with pytest.raises(Refusal):
        release(user=keeper(), actor=None, at=NOW)
    with pytest.raises(Refusal):
        employ(
            outsider=Outsider("MIA", "Another"),
            provider=provider,
            password=files.PASSWORD,
            actor=None,
            at=NOW,
        )


def test_software_has_an_account_with_which_nobody_signs_in():
    provider = begun()
    robot = employ_software(username="rc_x", name=" Robot ", provider=provider, actor=None, at=NOW)
    assert (robot.is_client, robot.display_name, robot.provider) == (True, "Robot", provider)
    assert not robot.has_usable_password()
    house = employ_software(username="rc_y", name="House", provider=None, actor=None, at=NOW)
    assert house.provider is None
    release(user=house, actor=None, at=NOW)
    assert not files.fresh(house).is_active


# --- what went wrong -----------------------------------------------------------------------------


def test_a_breach_is_written_down_and_closed():
    provider = begun()
    breach = note_breach(
        provider_id=provider.pk,
        happened=Happened("data_protection", "A list was left open.", NOW - DAY, NOW),
        actor=keeper(),
        at=NOW,
    )
    with pytest.raises(BadInput) as refused:
        close_breach(breach_id=breach.pk, measures="", actor=keeper(), at=NOW)
    assert refused.value.field == "measures"
    closed = close_breach(breach_id=breach.pk, measures="Trained.", actor=keeper(), at=NOW)
    assert closed.closed_at == NOW
    with pytest.raises(Conflict):
        close_breach(breach_id=breach.pk, measures="Trained.", actor=keeper(), at=NOW)


@pytest.mark.parametrize(
    ("happened", "field"),
    [
        (Happened("sloppy", "Something.", NOW - DAY), "kind"),
        (Happened("privacy_breach", " ", NOW - DAY), "what"),
        (Happened("privacy_breach", "Something.", NOW + DAY), "happened_at"),
        (Happened("privacy_breach", "Something.", NOW - DAY, NOW - 2 * DAY), "reported_at"),
        (Happened("privacy_breach", "Something.", NOW - DAY, NOW + DAY), "reported_at"),
    ],
)
def test_a_breach_names_what_is_wrong_with_it(happened, field):
    with pytest.raises(BadInput) as refused:
        note_breach(provider_id=begun().pk, happened=happened, actor=keeper(), at=NOW)
    assert refused.value.field == field


# --- who may -------------------------------------------------------------------------------------


def test_only_those_who_keep_files_change_them():
    provider, wen = at_work()
    contract = provider.contracts.get()
    breach = note_breach(
        provider_id=provider.pk,
        happened=Happened("data_protection", "A list was left open.", NOW - DAY),
        actor=keeper(),
        at=NOW,
    )
    judgement = Judgement("periodic", files.GOOD, "continue", "Good.", date(2027, 1, 1))
    for actor in (
        wen,
        approver(),
        person("ann", "agent"),
        person("aud", "auditor"),
        administrator(),
    ):
        who = {"actor": actor, "at": NOW}
        attempts = [
            lambda who: create_provider(code="x", name_en="X", name_zh="X", **who),
            lambda who: change_provider(provider_id=provider.pk, name_en="X", name_zh="X", **who),
            lambda who: tell_requirements(provider_id=provider.pk, texts=TEXTS, **who),
            lambda who: evaluate_provider(provider_id=provider.pk, judgement=judgement, **who),
            lambda who: draft_contract(provider_id=provider.pk, terms=files.terms(), **who),
            lambda who: end_contract(contract_id=contract.pk, reason="x", **who),
            lambda who: suspend_provider(provider_id=provider.pk, reason="x", **who),
            lambda who: resume_provider(provider_id=provider.pk, reason="x", **who),
            lambda who: engage_person(
                provider_id=provider.pk, outsider=Outsider("x", "X"), password="x", **who
            ),
            lambda who: release_person(provider_id=provider.pk, user_id=wen.pk, **who),
            lambda who: close_breach(breach_id=breach.pk, measures="x", **who),
        ]
        for attempt in attempts:
            with pytest.raises((NotAllowed, PermissionDenied)):
                attempt(who)


def test_the_name_of_a_provider_changes_and_changing_nothing_records_nothing():
    provider = begun()
    change_provider(provider_id=provider.pk, name_en="New", name_zh="新", actor=keeper(), at=NOW)
    change_provider(provider_id=provider.pk, name_en="New", name_zh="新", actor=keeper(), at=NOW)
    assert files.kinds(provider) == [events.CREATED, events.CHANGED]
    with pytest.raises(Refusal):
        begun()  # the code is taken


def test_a_provider_sees_itself_and_no_other():
    provider, wen = at_work()
    begun("another")
    assert list(providers_visible_to(wen)) == [provider]
    assert providers_visible_to(keeper()).count() == 2
    assert not providers_visible_to(person("ann", "agent")).exists()
