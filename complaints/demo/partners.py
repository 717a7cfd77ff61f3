"""Two call centres of the demo: one that does well, one with an improvement plan."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from accounts.models import Provider, User
from accounts.services import Outsider
from complaints.demo.lives import DAY, Life, Plot, Teller
from complaints.demo.organisation import Organisation
from complaints.models import Complaint
from complaints.services.emergencies import take_emergency
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.letters import draft_letter
from complaints.services.triage import acknowledge_complaint
from complaints.states import MessageChannel, Occasion, State
from providers.rules.matrix import EXTRAS, STEPS, Duty
from providers.services.clients import create_client
from providers.services.contracts import (
    Terms,
    approve_contract,
    draft_contract,
    submit_contract,
)
from providers.services.evaluating import Judgement, evaluate_provider
from providers.services.file import (
    create_provider,
    engage_person,
)
from providers.services.requirements import confirm_requirements, tell_requirements
from providers.states import Scope

KEEPER, APPROVER, CHECKER = "zhao.min", "gao.yuan", "he.qing"
LATE, UNACKNOWLEDGED, INCOMPLETE, WRONG, UNHAPPY = "late", "unack", "incomplete", "wrong", "unhappy"


@dataclass(frozen=True)
class Work:
    """One quarter of a call centre: how much, and every how many-th piece has which flaw."""

    complaints: int
    every: Mapping[str, int] = field(default_factory=dict)
    emergency: bool = False


# The present quarter first, then backwards.
WORK: Mapping[str, Sequence[Work]] = {
    "yuansheng": (
        Work(20, {UNHAPPY: 9}),
        Work(36, {LATE: 30, INCOMPLETE: 33, UNHAPPY: 9}, emergency=True),
        Work(34, {UNHAPPY: 7, WRONG: 12}),
        Work(33, {LATE: 20, UNACKNOWLEDGED: 30, UNHAPPY: 6}),
        Work(9, {UNHAPPY: 4}),
    ),
    "xinda": (
        Work(16, {LATE: 12, UNHAPPY: 6}),
        Work(32, {LATE: 5, UNACKNOWLEDGED: 7, INCOMPLETE: 8, WRONG: 5, UNHAPPY: 3}),
        Work(32, {LATE: 8, UNACKNOWLEDGED: 12, INCOMPLETE: 10, WRONG: 9, UNHAPPY: 4}),
        Work(31, {LATE: 9, UNACKNOWLEDGED: 13, INCOMPLETE: 9, WRONG: 8, UNHAPPY: 4}),
        Work(7, {LATE: 4}),
    ),
}
_TEXTS = {
    "time_limits": {
        "en": "Write a complaint down within 15 minutes of the call. Acknowledge it in the same"
        " call, at the latest on the next working day.",
        "zh": "来电后 15 分钟内登记投诉；当次通话内告知已受理，最迟不超过下一个工作日。",
    },
    "record_format": {
        "en": "The caller's own words first; then name, a way to reach them, product, date,"
        " what they ask for. One complaint, one record.",
        "zh": "先记录来电者原话，再记录姓名、联系方式、产品、发生日期和诉求；一事一单。",
    },
    "confidentiality": {
        "en": "Use what callers tell you for their complaint only. No copies outside this system."
        " Tell us of any leak at once, at the latest within two hours.",
        "zh": "来电信息仅用于处理该投诉，不得在系统外留存副本；发生泄露须立即报告，最迟两小时内。",
    },
    "escalation": {
        "en": "Danger to people, serious loss or media: press Emergency while the caller is on the"
        " line, within 15 minutes in any case.",
        "zh": "涉及人身安全、重大财产损失或媒体关注的，须在通话中按下“紧急”，最迟不超过 15 分钟。",
    },
}


@dataclass(frozen=True)
class Centre:
    """A call centre: its names, its people, what its contract says."""

    code: str
    name_en: str
    name_zh: str
    people: tuple[tuple[str, str], ...]
    marks: Mapping[str, int]
    steps: frozenset[str]
    extras: tuple[str, ...]
    shown: tuple[str, ...]
    days_left: int
    scopes: tuple[str, ...]
    reason: str


CENTRES = (
    Centre(
        "yuansheng",
        "Yuansheng Call Centre",
        "远声呼叫中心",
        (("provider.demo", "何静 He Jing"), ("yuansheng.li", "李响 Li Xiang")),
        {"competence": 5, "capacity": 4, "confidentiality": 5, "data_protection": 5, "systems": 4},
        frozenset(STEPS),
        EXTRAS,
        ("name", "organisation", "phone", "email", "customer_number", "needs", "representative"),
        230,
        tuple(Scope.values),
        "三家比选中综合得分最高，具备同类产品服务经验。",
    ),
    Centre(
        "xinda",
        "Xinda Customer Care",
        "信达客服",
        (("xinda.demo", "周宁 Zhou Ning"),),
        {"competence": 3, "capacity": 4, "confidentiality": 4, "data_protection": 3, "value": 5},
        frozenset({"receive", "acknowledge", "escalate", "declare_emergency"}),
        ("complaints.note", "complaints.attach"),
        ("name", "customer_number"),
        24,
        (Scope.READ, Scope.CREATE, Scope.ATTACH),
        "夜间线路备选，价格较低，首年加强监督。",
    ),
)


def flaws_of(work: Work, number: int) -> frozenset[str]:
    """Return what is wrong with the n-th complaint of a quarter."""
    return frozenset(flaw for flaw, every in work.every.items() if number % every == every - 1)


@dataclass(frozen=True)
class Partners:
    """The call centres at work, and how to get in."""

    staff: Mapping[str, Sequence[User]]
    sign_ins: list[dict[str, str]]
    api_clients: list[dict[str, str]]


def enrol(organisation: Organisation, *, at: datetime, until: datetime) -> Partners:
    """Let both call centres through their file: selected, told, confirmed, contracted."""
    staff: dict[str, Sequence[User]] = {}
    sign_ins: list[dict[str, str]] = []
    clients = []
    for centre in CENTRES:
        provider = _selected(centre, organisation, at)
        people = [
            _person(provider, username, name, organisation, sign_ins, at)
            for username, name in centre.people
        ]
        keeper = organisation.people[KEEPER]
        told = tell_requirements(provider_id=provider.pk, texts=_TEXTS, actor=keeper, at=at)
        confirm_requirements(requirements_id=told.pk, actor=people[0], at=at + timedelta(hours=2))
        _contract(centre, provider, organisation, at + timedelta(hours=4), until)
        made = create_client(
            name=f"{centre.name_en} CRM",
            provider=provider,
            scopes=centre.scopes,
            actor=keeper,
            at=at + timedelta(hours=6),
        )
        clients.append(
            {
                "name": made.client.name,
                "provider": centre.code,
                "client_id": made.client.client_id,
                "client_secret": made.secret,
            }
        )
        staff[centre.code] = [User.objects.get(pk=person.pk) for person in people]
    return Partners(staff, sign_ins, clients)


def _selected(centre: Centre, organisation: Organisation, at: datetime) -> Provider:
    keeper = organisation.people[KEEPER]
    provider = create_provider(
        code=centre.code, name_en=centre.name_en, name_zh=centre.name_zh, actor=keeper, at=at
    )
    due = timezone.localdate(at) + timedelta(days=182)
    judgement = Judgement("selection", centre.marks, "selected", centre.reason, due)
    evaluate_provider(provider_id=provider.pk, judgement=judgement, actor=keeper, at=at)
    return provider


def _person(
    provider: Provider,
    username: str,
    name: str,
    organisation: Organisation,
    sign_ins: list[dict[str, str]],
    at: datetime,
) -> User:
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    user = engage_person(
        provider_id=provider.pk,
        outsider=Outsider(username, name, language="zh-hans"),
        password=password,
        actor=organisation.people[KEEPER],
        at=at,
    )
    # The demo's passwords are known to whoever reads var/demo.json: they stay.
    user.must_change_password = False
    user.save(update_fields=["must_change_password"])
    sign_ins.append({"username": username, "password": password, "role": "provider_staff"})
    return user


def _contract(
    centre: Centre, provider: Provider, organisation: Organisation, at: datetime, until: datetime
) -> None:
    keeper = organisation.people[KEEPER]
    within = {"receive": 15, "acknowledge": 15, "declare_emergency": 15}
    contract = draft_contract(
        provider_id=provider.pk,
        terms=Terms(
            number=f"QH-{centre.code.upper()}-01",
            starts_on=timezone.localdate(at),
            ends_on=timezone.localdate(until) + timedelta(days=centre.days_left),
            matrix=[
                Duty(
                    step=step,
                    by="both" if step in centre.steps else "organisation",
                    within=within.get(step),
                )
                for step in STEPS
            ],
            extras=centre.extras,
            shown_fields=centre.shown,
            note="按月结算；每季度评分，连续两个季度为 C 级或一个季度为 D 级的，须提交改进计划。",
        ),
        actor=keeper,
        at=at,
    )
    submit_contract(contract_id=contract.pk, actor=keeper, at=at)
    approve_contract(
        contract_id=contract.pk, actor=organisation.people[APPROVER], at=at + timedelta(hours=1)
    )


class PartnerTeller(Teller):
    """Lets call centres take complaints down and acknowledge them; the rest is the house's work."""

    def __init__(self, organisation: Organisation, rng: Random, partners: Partners) -> None:
        """Know the call centres' people, too."""
        super().__init__(organisation, rng)
        self.staff = partners.staff

    def live(self, plot: Plot) -> Life:
        """Tell one complaint; of a call centre with its own beginning."""
        if not plot.partner:
            yield from super().live(plot)
            return
        at = plot.received_at
        yield at
        late = LATE in plot.flaws
        at += self._minutes(25, 70) if late else self._minutes(3, 12)
        complaint = receive_complaint(
            intake=self._intake(plot, plot.received_at), actor=self._staff(plot), at=at
        )
        if plot.story.trigger:
            at += self._minutes(4, 20)
            yield at
            take_emergency(complaint_id=complaint.pk, actor=self.org.one("manager"), at=at)
        at += 4 * DAY if UNACKNOWLEDGED in plot.flaws else self._minutes(2, 12)
        yield at
        self._acknowledge(plot, complaint, at)
        worse = replace(plot, slow=2.2) if UNHAPPY in plot.flaws else plot
        yield from self._work(worse, complaint, at)

    def _staff(self, plot: Plot) -> User:
        people = self.staff[plot.partner]
        return people[int(plot.received_at.timestamp()) % len(people)]

    def _intake(self, plot: Plot, at: datetime) -> Intake:
        intake = super()._intake(plot, at)
        if INCOMPLETE in plot.flaws:
            person = Person(phone=plot.person.phone, language=plot.person.language)
            return replace(intake, person=person, product="", remedy_sought="")
        return intake

    def _acknowledge(self, plot: Plot, complaint: Complaint, at: datetime) -> None:
        if not plot.partner:
            super()._acknowledge(plot, complaint, at)
            return
        complaint.refresh_from_db()
        if complaint.state != State.RECEIVED:
            return
        actor, channel = self._staff(plot), MessageChannel.PHONE
        subject, text = draft_letter(complaint, Occasion.ACKNOWLEDGEMENT, channel, actor=actor)
        acknowledge_complaint(
            complaint_id=complaint.pk,
            channel=channel,
            subject=subject,
            text=text,
            told_at=at,
            actor=actor,
            at=at,
        )
