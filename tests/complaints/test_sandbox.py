"""What a partner tries out is seen by it alone, told to nobody, counted nowhere, and goes."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from accounts.models import Provider
from accounts.rules import PERMISSIONS_OF
from accounts.services import system_user
from complaints import events
from complaints.models import (
    Attachment,
    Clock,
    Complainant,
    Complaint,
    Escalation,
    Message,
    Notice,
)
from complaints.selectors.announcing import news_for
from complaints.selectors.notices import untaken_emergencies
from complaints.selectors.scorecard import live_scorecard, misses_of
from complaints.selectors.search import search
from complaints.services.invitations import sweep_follow_ups
from complaints.services.quality import rate_quarter
from complaints.services.sandbox import purge_test_complaints
from complaints.services.searching import rebuild_index
from complaints.services.sweeping import sweep_clocks, sweep_silence
from emergencies.models import Emergency, Page
from emergencies.selectors.k24 import channel_facts
from emergencies.services.calling import sweep_calls
from incidents.services.suggesting import sweep_suggestions
from journal.models import Delivery, Entry
from journal.origin import current_origin, origin
from journal.services import deliver_pending, utc_now, verify_journal
from providers.errors import Conflict, NotAllowed
from providers.models import Delivery as Webhook
from providers.rules.scorecard import quarter_of
from providers.services.clients import create_client
from providers.services.feed import number_news
from providers.services.file import create_test_provider
from providers.services.sending import send_webhooks
from providers.services.standing import resume_provider, suspend_provider, sweep_contracts
from providers.states import Scope
from referrals.models import OutsideCase
from referrals.selectors.facts import overturn_facts, referral_facts
from tests.accounts.factories import make_provider
from tests.architecture.test_access_matrix import addresses
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user
from tests.providers.listening import make_endpoint, receiving
from tests.providers.partner import Partner

pytestmark = pytest.mark.django_db
DANGER = {"emergency": {"trigger": "personal_safety", "facts": "Quuxotic smoke."}}
SAID = {
    "channel": "phone",
    "description": "The quuxotic kettle leaks.",
    "external_id": "TRY-1",
    "product": "Quuxotic",
    "complainant": {"name": "Zhang Quux", "phone": "13800009999", "email": "z@quux.example"},
}


class Trial(Partner):
    """A partner with software of its twin for tests."""

    def __init__(self) -> None:
        super().__init__("callco")
        real = self.provider
        assert real is not None
        self.provider = create_test_provider(provider_id=real.pk, actor=system_user(), at=NOW)
        new = create_client(
            name="Trial", provider=self.provider, scopes=Scope.values, actor=None, at=NOW
        )
        self.client, self.secret = new.client, new.secret
        self.__dict__.pop("token", None)


@pytest.fixture
def trial():
    make_policy()
    for role in ("agent", "manager", "quality_manager", "top_management"):
        make_user(role)
    return Trial()


def test_a_twin_may_do_everything_before_any_contract(trial):
    twin = trial.provider
    assert (twin.code, twin.is_test, twin.active) == ("callco-test", True, True)
    assert set(twin.granted) == PERMISSIONS_OF["provider_staff"]
    sweep_contracts(now=NOW)
    twin.refresh_from_db()
    assert twin.active


def test_there_is_one_twin_and_twins_have_none(trial):
    real = Provider.objects.get(code="callco")
    for provider in (real, trial.provider):
        with pytest.raises(Conflict):
            create_test_provider(provider_id=provider.pk, actor=system_user(), at=NOW)
    with pytest.raises(NotAllowed):
        create_test_provider(provider_id=real.pk, actor=make_user("agent"), at=NOW)


def test_a_twin_can_be_suspended_and_resumed(trial):
    twin = trial.provider
    who = {"provider_id": twin.pk, "reason": "Too many calls.", "actor": make_user("manager")}
    suspend_provider(**who, at=NOW)
    assert trial.get("complaints/").status_code == 401
    resume_provider(**who, at=NOW)
    twin.refresh_from_db()
    assert twin.active


def test_the_partner_itself_works_as_it_would_in_earnest(trial):
    reference = trial.hand_over(**SAID)
    assert Complaint.everything.get(reference=reference).is_test
    assert trial.get(f"complaints/{reference}/").json()["external_id"] == "TRY-1"
    listed = trial.get("complaints/").json()["results"]
    assert [row["reference"] for row in listed] == [reference]
    found = trial.get("complaints/?q=quuxotic").json()["results"]
    assert [row["reference"] for row in found] == [reference]
    told = {"channel": "phone", "told_at": timezone.now().isoformat()}
    answer = trial.post(f"complaints/{reference}/acknowledge/", {"message": told})
    assert answer.status_code == 200, answer.content
    bulk = trial.post("complaints/bulk/", {"complaints": [{**SAID, "external_id": "TRY-2"}]})
    assert bulk.json()["received"] == 1
    held = trial.post("complaints/reconcile/", {"references": ["TRY-1", "TRY-2"]}).json()
    assert held["missing"] == []
    assert Complaint.everything.filter(is_test=True).count() == 2
    number_news(at=utc_now())
    kinds = [row["type"] for row in trial.get("changes/").json()["results"]]
    assert kinds.count("complaint.received") == 2
    assert "complaint.acknowledged" in kinds


def test_in_the_sandbox_there_is_nothing_real(trial):
    real = Partner("callco")
    reference = real.hand_over()
    make_complaint()
    assert trial.get("complaints/").json()["results"] == []
    assert trial.get(f"complaints/{reference}/").status_code == 404
    with origin("api", sandbox=True):
        assert not Complaint.objects.exists()


def test_nobody_is_told(trial):
    trial.hand_over(**SAID, **DANGER)
    assert not Delivery.objects.exclude(subscriber__startswith="providers.").exists()
    deliver_pending()
    sweep_calls(now=utc_now())
    assert mail.outbox == []
    assert not Notice.objects.exists()
    assert not Emergency.objects.exists()
    assert not Page.objects.exists()
    assert not Message.objects.filter(state="sent").exists()
    for role in ("manager", "quality_manager", "top_management"):
        assert untaken_emergencies(make_user(role)) == []


def test_no_clock_of_it_rings(trial):
    trial.hand_over(**SAID)
    assert Clock.objects.exists()
    assert not Clock.objects.filter(next_event_at__isnull=False).exists()
    later = utc_now() + timedelta(days=400)
    swept = sweep_clocks(now=later)
    assert (swept.warned, swept.breached) == (0, 0)
    sweep_silence(now=later)
    sweep_follow_ups(now=later)
    sweep_suggestions(now=later)
    assert not Escalation.objects.exists()
    assert Entry.objects.filter(kind=events.CLOCK_BREACHED).count() == 0


ROLES = ("agent", "manager", "quality_manager", "auditor", "top_management", "administrator")


def _plain_addresses() -> list[str]:
    found = []
    for name in addresses(get_resolver()):
        try:
            found.append(reverse(name))
        except NoReverseMatch:
            continue
    return sorted(set(found))


@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_anybody_shows_it(trial, client, role):
    """Every address that needs nothing to be named, as everybody: its words are nowhere."""
    reference = trial.hand_over(**SAID, **DANGER)
    actor = make_user(role)
    for address in _plain_addresses():
        client.force_login(actor)
        answer = client.get(address)
        text = b"".join(answer) if answer.streaming else answer.content
        for word in (reference, "quuxotic", "Quuxotic", "Zhang Quux", "TRY-1"):
            assert word.encode() not in text, (address, word)
    client.force_login(actor)
    for address in (
        reverse("complaints:list"),
        reverse("complaints:search"),
    ):
        text = client.get(address, {"q": "quuxotic"}).content
        assert reference.encode() not in text
    for name in ("complaints:complaint", "complaints:timeline"):
        assert client.get(reverse(name, args=[reference])).status_code in {403, 404}


def test_no_question_finds_it(trial):
    before = Complaint.objects.count()
    reference = trial.hand_over(**SAID)
    complaint = Complaint.everything.get(reference=reference)
    actor, person = make_user("quality_manager"), complaint.complainant
    assert person is not None
    assert Complaint.objects.count() == before
    for rows in (
        Complaint.objects.all(),
        Complaint.objects.visible_to(actor),
        Complaint.objects.visible_to(system_user()),
        Complaint.objects.where_may(actor, "complaints.approve"),
        person.complaints.all(),
        complaint.policy.complaints.filter(),
        *Complaint.objects.parts_visible_to(actor),
    ):
        assert complaint not in rows
    assert search(actor, "quuxotic").rows == []
    house = Partner("house", organisation=True)
    for path in ("complaints/", "complaints/?q=quuxotic", "complaints/?provider=callco-test"):
        assert house.get(path).json()["results"] == []
    assert house.get(f"complaints/{reference}/").status_code == 404
    number_news(at=utc_now())
    assert news_for(house.user, after=None, size=50).rows == []


def test_it_counts_in_no_figure(trial):
    house = Partner("house", organisation=True)
    before = house.get("kpis/").json()
    trial.hand_over(received_at=(timezone.now() - timedelta(hours=1)).isoformat(), **SAID)
    after = house.get("kpis/").json()
    assert {k: v for k, v in after.items() if isinstance(v, int)} == {
        k: v for k, v in before.items() if isinstance(v, int)
    }
    assert trial.get("kpis/").json()["received"] == 1


def test_no_scorecard_and_no_fact_of_an_indicator_counts_it(trial):
    twin, real = trial.provider, Provider.objects.get(code="callco")
    danger = {"trigger": "personal_safety", "facts": "It smokes."}
    reference = trial.hand_over(emergency=danger, **SAID)
    late = utc_now() + timedelta(days=400)
    quarter = quarter_of(timezone.localdate())
    for provider in (twin, real):
        card = live_scorecard(provider, quarter, actor=system_user(), now=late)
        assert (card.complaints, card.band) == (0, "")
        assert misses_of(provider, quarter, actor=system_user(), now=late) == []
        rate_quarter(provider=provider, quarter=quarter, at=late)
        assert not provider.quarters.exists()
    kept = Complaint.everything.get(reference=reference)
    OutsideCase.objects.create(
        complaint=kept,
        cycle=1,
        kind="regulator",
        body="Market regulator",
        opened_at=NOW,
        opened_by="complainant",
        recorded_by=system_user(),
        recorded_at=NOW,
        result="overturned",
        decided_at=NOW,
    )
    since = NOW - timedelta(days=1)
    assert referral_facts(since, late) == []
    assert list(overturn_facts(since, late)) == []
    assert channel_facts(system_user(), since=since, until=late) == []


def test_it_is_no_duplicate_and_no_repeat_of_anything_real(trial):
    trial.hand_over(**SAID)
    real = Partner("callco")
    answer = real.post("complaints/", SAID)
    assert answer.json()["duplicates"] == []
    other = Complaint.objects.get(reference=answer.json()["reference"])
    assert other.repeat_of_id is None


def test_it_is_tied_to_nobody_real(trial):
    make_complaint(name="Zhang Quux", phone="13800009999", email="z@quux.example")
    reference = trial.hand_over(**SAID)
    bulk = trial.post("complaints/bulk/", {"complaints": [{**SAID, "external_id": "TRY-2"}]})
    assert bulk.json()["received"] == 1
    real = Complaint.objects.get().complainant_id
    tied = Complaint.everything.filter(is_test=True).values_list("complainant", flat=True)
    assert real not in set(tied)
    assert Complaint.everything.get(reference=reference).complainant is not None


def test_webhooks_of_it_go_to_the_twin_only(trial, settings):
    settings.WEBHOOK_ALLOW_HTTP = settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.WEBHOOK_PORTS = []
    real, house = Partner("callco"), Partner("house", organisation=True)
    with receiving() as theirs, receiving() as others:
        make_endpoint(trial.client, theirs.url)
        make_endpoint(real.client, others.url)
        make_endpoint(house.client, others.url)
        reference = trial.hand_over(**SAID)
        make_complaint()
        number_news(at=utc_now())
        send_webhooks()
        assert {one["data"]["reference"] for one in theirs.said} == {reference}
        assert reference not in str(others.said)
    assert not Webhook.objects.filter(state="withheld").exists()


def test_people_of_a_twin_work_in_the_sandbox_too(trial, client):
    reference = trial.hand_over(**SAID)
    real = Partner("callco").hand_over()
    client.force_login(make_user("provider_staff", provider=trial.provider))
    text = client.get(reverse("complaints:list")).content.decode()
    assert reference in text
    assert real not in text
    assert client.get(reverse("complaints:complaint", args=[reference])).status_code == 200
    client.force_login(make_user("provider_staff", provider=make_provider("callco")))
    assert reference not in client.get(reverse("complaints:list")).content.decode()


def test_the_sandbox_is_left_with_the_block():
    with origin("api", sandbox=True):
        with origin("web"):
            assert current_origin().sandbox
        with origin("web", sandbox=False):
            assert not current_origin().sandbox
    assert not current_origin().sandbox


def test_after_its_days_it_is_thrown_away_and_the_record_stays_whole(trial, settings):
    kept = make_complaint()
    reference = trial.hand_over(**SAID, **DANGER)
    trial.hand_over(**{**SAID, "external_id": "TRY-2"})
    tried = Complaint.everything.get(reference=reference)
    file = trial.upload(
        f"complaints/{reference}/attachments/", file=SimpleUploadedFile("note.txt", b"Said.")
    )
    assert file.status_code == 201, file.content
    path = Path(settings.MEDIA_ROOT) / Attachment.objects.get().path
    assert path.exists()
    person = tried.complainant_id or 0
    assert purge_test_complaints(at=utc_now() + timedelta(days=29)) == 0
    assert purge_test_complaints(at=utc_now() + timedelta(days=31)) == 2
    assert list(Complaint.everything.all()) == [kept]
    assert not Complainant.objects.filter(pk=person).exists()
    assert not Clock.objects.exclude(complaint=kept).exists()
    assert Entry.objects.filter(kind=events.TESTS_PURGED).get().payload["complaints"] == 2
    assert trial.get("changes/").json()["results"] == []
    assert verify_journal().intact
    assert rebuild_index() == 1


def test_the_rules_of_receipt_hold_in_the_sandbox(trial):
    first = trial.post("complaints/", SAID)
    again = trial.post("complaints/", SAID)
    other = trial.post("complaints/", {**SAID, "description": "Something else."})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json()["reference"] == first.json()["reference"]
