"""The lives of the demo's complaints: each is a generator that sleeps until its next step."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from accounts.models import User
from complaints.demo.content import Place, Story, Words, content
from complaints.demo.organisation import Organisation
from complaints.models import Approval, Complaint, Notice
from complaints.services.closure import close_complaint, merge_complaint, withdraw_complaint
from complaints.services.emergencies import take_emergency
from complaints.services.escalation import take_escalation
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.investigation import FoundOut, record_findings
from complaints.services.letters import draft_letter
from complaints.services.messages import write_message
from complaints.services.notes import add_note
from complaints.services.notices import read_all_notices
from complaints.services.reopening import reopen_complaint
from complaints.services.response import (
    Decision,
    grant_approval,
    mark_remedy_done,
    propose_dismissal,
    propose_response,
    record_decision,
    tell_remedies,
)
from complaints.services.sending import confirm_told, send_message
from complaints.services.triage import (
    Criteria,
    acknowledge_complaint,
    acknowledge_impossible,
    assess_complaint,
    assign_complaint,
)
from complaints.states import (
    Answer,
    ApprovalState,
    Finding,
    FollowUpOutcome,
    MessageChannel,
    MessageState,
    Occasion,
    State,
    Trigger,
)

Life = Iterator[datetime]
DAY = timedelta(days=1)
OFFICE = timedelta(hours=8)  # the demo's company sits at UTC+8
OPENS, SHUTS, SATURDAY = 9, 18, 5
LONGEST_WAIT = 9  # days until a handler finds out on their own


@dataclass(frozen=True)
class Plot:
    """What is going to happen to one complaint."""

    story: Story
    product: Place
    received_at: datetime
    language: str
    person: Person
    channel: str
    site: str
    ending: str  # accepted refused reopened silent withdrawn dismissed merged
    slow: float  # 1 keeps the time limits; more breaks them
    confidential: bool = False
    anonymous: bool = False
    partner: str = ""  # the provider that takes it down
    flaws: frozenset[str] = frozenset()  # of the provider's work: late, unacknowledged, incomplete
    waits: bool = False  # for what is found out for all (incidents/demo)

    @property
    def found(self) -> Words:
        """Return what the investigation finds; a complaint that is refused has no ground."""
        unfounded = content().unfounded
        return unfounded if self.ending == "refused" else self.story.finding or unfounded


class Teller:
    """Lets complaints live through the real verbs, at times of its own choosing."""

    def __init__(self, organisation: Organisation, rng: Random) -> None:
        """Keep the organisation and the one source of chance."""
        self.org = organisation
        self.rng = rng

    def live(self, plot: Plot) -> Life:
        """Tell one complaint from receipt to follow-up; yields the time of each next step."""
        at = plot.received_at
        yield at
        complaint = self._receive(plot, at)
        yield from self._handle(plot, complaint, at)

    def _handle(self, plot: Plot, complaint: Complaint, at: datetime) -> Life:
        if plot.story.trigger:
            at += self._minutes(3, 25)
            yield at
            take_emergency(complaint_id=complaint.pk, actor=self.org.one("manager"), at=at)
        at = self._after(at, 0.15, plot)
        yield at
        self._acknowledge(plot, complaint, at)
        if plot.ending in {"withdrawn", "dismissed"}:
            at = self._after(at, 0.6, plot)
            yield at
            self._leave(plot, complaint, at)
            return
        yield from self._work(plot, complaint, at)

    def _work(self, plot: Plot, complaint: Complaint, at: datetime) -> Life:
        """Tell what the organisation does once the receipt is acknowledged."""
        owner = self._owner(plot)
        at = self._after(at, 0.5, plot)
        yield at
        self._assess(plot, complaint, owner, at)
        # Nobody knows whether two anonymous complaints come from the same person.
        if plot.ending == "merged" and not plot.anonymous:
            at += self._minutes(20, 90)
            yield at
            self._merge(plot, complaint, at)
        yield from self._investigate(plot, complaint, owner, self._after(at, 1.2, plot))

    def _investigate(self, plot: Plot, complaint: Complaint, owner: User, at: datetime) -> Life:
        yield at
        self._note(plot, complaint, owner, at)
        at = self._after(at, 1.5, plot)
        yield at
        for _day in range(LONGEST_WAIT if plot.waits else 0):
            if complaint.investigations.exists():
                break
            at = self._after(at + DAY, 0, plot)
            yield at
        if not complaint.investigations.exists():
            self._find_out(plot, complaint, owner, at)
        at = self._after(at, 1.2, plot)
        yield at
        self._respond(plot, complaint, owner, at)
        if self._pending(complaint):
            at = self._after(at, 0.4, plot)
            yield at
            self._approve(complaint, at)
        yield from self._end(plot, complaint, owner, at)

    def _end(self, plot: Plot, complaint: Complaint, owner: User, at: datetime) -> Life:
        at = self._after(at, 1.5, plot)
        if plot.ending == "silent" and not plot.anonymous:
            at += 16 * DAY
            yield at
            self._write(complaint, Occasion.REMINDER, at)
            at += 16 * DAY
        yield at
        self._answer(plot, complaint, at)
        at = self._after(at, 0.8, plot)
        yield at
        self._finish_remedy(complaint, owner, at)
        close_complaint(
            complaint_id=complaint.pk,
            lessons=self._words(content().lessons, owner) if self.rng.random() < 0.3 else "",
            actor=owner,
            at=at,
        )
        at += timedelta(days=self.rng.uniform(3, 12))
        yield at
        if self.rng.random() < 0.04:
            return  # forgotten: the follow-up stays due
        yield from self._follow_up(plot, complaint, at)
        complaint.refresh_from_db()
        if plot.ending == "reopened" and complaint.state == State.FOLLOWED_UP:
            at += timedelta(days=9)
            yield at
            yield from self._second_cycle(plot, complaint, owner, at)

    def _second_cycle(self, plot: Plot, complaint: Complaint, owner: User, at: datetime) -> Life:
        reopen_complaint(
            complaint_id=complaint.pk,
            reason=self._words(content().comments["bad"], owner),
            actor=self._agent(plot),
            at=at,
        )
        at = self._after(at, 1.5, plot)
        yield at
        self._find_out(plot, complaint, owner, at)
        at = self._after(at, 1.0, plot)
        yield at
        self._respond(plot, complaint, owner, at)
        if self._pending(complaint):
            at = self._after(at, 0.4, plot)
            yield at
            self._approve(complaint, at)
        at = self._after(at, 1.0, plot)
        yield at
        record_decision(
            complaint_id=complaint.pk, answer=Answer.ACCEPTED, actor=self._agent(plot), at=at
        )
        self._finish_remedy(complaint, owner, at)
        close_complaint(complaint_id=complaint.pk, actor=owner, at=at + self._minutes(5, 50))

    def go_through_the_news(self, at: datetime) -> None:
        """Let everybody read their notices, and managers take most of what was escalated."""
        for notice in Notice.objects.filter(
            read_at__isnull=True, created_at__lt=at - timedelta(hours=20)
        ).select_related("user", "escalation"):
            read_all_notices(up_to=notice.pk, actor=notice.user, at=at)
            escalation = notice.escalation
            open_still = escalation is not None and escalation.taken_at is None
            if escalation is not None and open_still and self.rng.random() < 0.985:
                escalation.refresh_from_db()
                if escalation.taken_at is None:
                    take_escalation(escalation_id=escalation.pk, actor=notice.user, at=at)

    # --- single steps --------------------------------------------------------------------------

    def _receive(self, plot: Plot, at: datetime) -> Complaint:
        complaint = receive_complaint(
            intake=self._intake(plot, at),
            actor=self._agent(plot),
            at=at + self._minutes(1, 12),
        )
        self._post(complaint, at + self._minutes(13, 15))
        return complaint

    def _intake(self, plot: Plot, at: datetime) -> Intake:
        words = content()
        text = plot.story.of(plot.language).format(
            product=plot.product.of(plot.language),
            days=self.rng.randint(2, 28),
            amount=self.rng.choice((80, 120, 168, 260, 399, 480)),
            order=f"QH{self.rng.randint(10_000_000, 99_999_999)}",
        )
        return Intake(
            channel=plot.channel,
            description=text,
            received_at=at,
            person=Person() if plot.anonymous else plot.person,
            anonymous=plot.anonymous,
            occurred_at=at - timedelta(days=self.rng.randint(0, 6), hours=3),
            remedy_sought=words.seeks[plot.story.remedy].of(plot.language),
            product=plot.product.of(plot.language),
            site=self.org.sites[plot.site],
            category=self.org.categories[plot.story.category],
            language=plot.language,
            confidential=plot.confidential,
            subject_person=self.org.people["li.na"] if plot.confidential else None,
            emergency_trigger=plot.story.trigger,
            emergency_facts=text[:80] if plot.story.trigger else "",
        )

    def _acknowledge(self, plot: Plot, complaint: Complaint, at: datetime) -> None:
        complaint.refresh_from_db()
        if complaint.state != State.RECEIVED:
            return  # the channel acknowledged by itself
        agent = self._agent(plot)
        if plot.anonymous:
            acknowledge_impossible(
                complaint_id=complaint.pk, reason="匿名投诉，未留联系方式。", actor=agent, at=at
            )
            return
        channel = self._channel(complaint)
        subject, text = draft_letter(complaint, Occasion.ACKNOWLEDGEMENT, channel, actor=agent)
        acknowledge_complaint(
            complaint_id=complaint.pk,
            channel=channel,
            subject=subject,
            text=text,
            told_at=at if channel == MessageChannel.PHONE else None,
            actor=agent,
            at=at,
        )
        self._post(complaint, at + self._minutes(1, 4))

    def _assess(self, plot: Plot, complaint: Complaint, owner: User, at: datetime) -> None:
        assign_complaint(
            complaint_id=complaint.pk, owner=owner, actor=self.org.one("manager"), at=at
        )
        grave = bool(plot.story.trigger) or plot.story.category == "product.damage"
        assess_complaint(
            complaint_id=complaint.pk,
            criteria=Criteria(
                severity="high" if grave else self.rng.choice(("low", "moderate", "moderate")),
                safety_hazard="actual" if plot.story.trigger == Trigger.PERSONAL_SAFETY else "none",
                complexity=self.rng.choice(("simple", "normal", "complex")),
                impact="several" if grave else "one",
                immediate_action_needed=grave,
                immediate_action_possible=grave,
                immediate_action="已派技师上门断水断电，并拍照取证。" if grave else "",
                category=self.org.categories[plot.story.category],
            ),
            actor=owner,
            at=at + self._minutes(1, 5),
        )

    def _note(self, plot: Plot, complaint: Complaint, owner: User, at: datetime) -> None:
        if self.rng.random() < 0.45:
            add_note(
                complaint_id=complaint.pk,
                text=self._words(content().notes, owner),
                actor=owner,
                at=at,
            )
        if plot.slow > 1.5 and not plot.anonymous:
            self._write(complaint, Occasion.PROGRESS, at)

    def _find_out(self, plot: Plot, complaint: Complaint, owner: User, at: datetime) -> None:
        said = plot.found.of(owner.language)
        record_findings(
            complaint_id=complaint.pk,
            found=FoundOut(
                findings=said,
                cause=said,
                cause_code=plot.story.cause,
                evidence="现场照片、检测记录、通话录音，编号见附件清单。",
                similar_cases="已检索近九十天同型号的同类投诉，并逐件比对。",
            ),
            actor=owner,
            at=at,
        )

    def _respond(self, plot: Plot, complaint: Complaint, owner: User, at: datetime) -> None:
        complaint.refresh_from_db()
        upheld = plot.ending != "refused"
        remedy = plot.story.remedy if upheld else "information"
        detail = content().remedy_texts[remedy if upheld else "account"].of(plot.language)
        money = remedy in {"refund", "compensation", "price_reduction"}
        amount = Decimal(self.rng.choice((80, 120, 168, 260, 399, 880))) if money else Decimal(0)
        finding = Finding.UPHELD if upheld else Finding.NOT_UPHELD
        reasons = plot.found.of(plot.language)
        channel = self._channel(complaint)
        subject, text = draft_letter(
            complaint,
            Occasion.DECISION,
            channel,
            actor=owner,
            extra={
                "finding": str(finding),
                "reasons": reasons,
                "remedy": detail,
            },
            at=at,
        )
        propose_response(
            complaint_id=complaint.pk,
            decision=Decision(
                finding=finding,
                reasons=reasons,
                remedy_kind=remedy,
                remedy_detail=detail,
                amount=amount,
                channel=channel,
                subject=subject,
                text=text,
                told_at=at if channel == MessageChannel.PHONE else None,
                remedy_due_at=at + 10 * DAY,
            ),
            actor=owner,
            at=at,
        )
        self._post(complaint, at + self._minutes(1, 4))

    def _pending(self, complaint: Complaint) -> bool:
        return Approval.objects.filter(complaint=complaint, state=ApprovalState.PENDING).exists()

    def _approve(self, complaint: Complaint, at: datetime) -> None:
        approval = Approval.objects.get(complaint=complaint, state=ApprovalState.PENDING)
        grant_approval(
            approval_id=approval.pk, note="同意。", actor=self._another_than(approval.by), at=at
        )
        self._post(complaint, at + self._minutes(1, 4))

    def _answer(self, plot: Plot, complaint: Complaint, at: datetime) -> None:
        complaint.refresh_from_db()
        if complaint.unreachable:
            return
        agent = self._agent(plot)
        answers = {"refused": Answer.REFUSED, "silent": Answer.NO_REPLY}
        answer = answers.get(plot.ending, Answer.ACCEPTED)
        record_decision(complaint_id=complaint.pk, answer=answer, actor=agent, at=at)
        if answer == Answer.REFUSED:
            channel = self._channel(complaint)
            complaint.refresh_from_db()
            subject, text = draft_letter(complaint, Occasion.REMEDIES, channel, actor=agent)
            tell_remedies(
                complaint_id=complaint.pk,
                channel=channel,
                subject=subject,
                text=text,
                told_at=at if channel == MessageChannel.PHONE else None,
                actor=agent,
                at=at,
            )
            self._post(complaint, at + self._minutes(1, 4))

    def _finish_remedy(self, complaint: Complaint, owner: User, at: datetime) -> None:
        for remedy in complaint.remedys.filter(done_at__isnull=True):
            mark_remedy_done(
                remedy_id=remedy.pk, proof="客户签收单。", done_at=at, actor=owner, at=at
            )

    def _follow_up(self, plot: Plot, complaint: Complaint, at: datetime) -> Life:
        """Ask how it went, up to three times."""
        for _ in range(3):
            complaint.refresh_from_db()
            if complaint.state != State.CLOSED or plot.anonymous:
                return
            self._call_back(plot, complaint, at)
            at += timedelta(days=self.rng.uniform(1, 3))
            yield at

    def _call_back(self, plot: Plot, complaint: Complaint, at: datetime) -> None:
        unhappy = plot.ending in {"reopened", "refused"} or plot.slow > 2
        reached = plot.ending == "reopened" or self.rng.random() < 0.7
        low, high = (2, 5) if unhappy else (6, 10)
        kind = "bad" if unhappy else "good"
        record_follow_up(
            complaint_id=complaint.pk,
            follow_up=FollowUp(
                channel=MessageChannel.PHONE,
                outcome=FollowUpOutcome.ANSWERED if reached else FollowUpOutcome.UNREACHABLE,
                handling_score=self.rng.randint(low, high),
                outcome_score=self.rng.randint(low, high),
                comment=self.rng.choice(content().comments[kind]).of(plot.language),
            ),
            actor=self._agent(plot),
            at=at,
        )

    def _leave(self, plot: Plot, complaint: Complaint, at: datetime) -> None:
        owner = self._owner(plot)
        if plot.ending == "withdrawn":
            withdraw_complaint(
                complaint_id=complaint.pk,
                reason="客户来电表示门店已当场解决，撤回投诉。",
                actor=self._agent(plot),
                at=at,
            )
            return
        approval = propose_dismissal(
            complaint_id=complaint.pk,
            reason="来电为咨询使用方法，未表达不满。",
            actor=owner,
            at=at,
        )
        grant_approval(
            approval_id=approval.pk,
            actor=self._another_than(owner),
            at=at + self._minutes(10, 200),
        )

    def _merge(self, plot: Plot, complaint: Complaint, at: datetime) -> None:
        """The complainant writes again about the same matter: two references, one matter."""
        second = self._receive(plot, at)
        merge_complaint(
            complaint_id=second.pk,
            into_id=complaint.pk,
            actor=self.org.one("manager"),
            at=at + self._minutes(13, 30),
        )

    def _write(self, complaint: Complaint, occasion: Occasion, at: datetime) -> None:
        complaint.refresh_from_db()
        channel = self._channel(complaint)
        actor = complaint.owner or complaint.recorded_by
        extra = {"news": "正在核实，暂未结束。", "question": "—"}
        subject, text = draft_letter(complaint, occasion, channel, actor=actor, extra=extra, at=at)
        write_message(
            complaint_id=complaint.pk,
            occasion=occasion,
            channel=channel,
            subject=subject,
            text=text,
            told_at=at if channel == MessageChannel.PHONE else None,
            actor=actor,
            at=at,
        )
        self._post(complaint, at + self._minutes(1, 4))

    # --- chance and people ---------------------------------------------------------------------

    def _post(self, complaint: Complaint, at: datetime) -> None:
        """Let the post go out, and the phone ring, at the time of the story instead of tonight."""
        waiting = complaint.messages.filter(state=MessageState.QUEUED, to_user__isnull=True)
        for pk, channel in list(waiting.values_list("pk", "channel")):
            if channel == MessageChannel.EMAIL:
                send_message(message_id=pk, at=at)
            else:
                confirm_told(message_id=pk, told_at=at, actor=self.org.one("manager"), at=at)

    def _another_than(self, person: User) -> User:
        manager = self.org.one("manager")
        return manager if person != manager else self.org.one("quality_manager")

    def _channel(self, complaint: Complaint) -> MessageChannel:
        has_mail = complaint.complainant is not None and complaint.complainant.email
        return MessageChannel.EMAIL if has_mail else MessageChannel.PHONE

    def _owner(self, plot: Plot) -> User:
        by_class = {
            "product": ("zhang.wei", "zhang.wei", "tom.baker"),
            "service": ("chen.jie",),
            "process": ("liu.yang",),
            "person": ("zhao.min",),
        }
        return self.org.people[self.rng.choice(by_class[plot.story.category.split(".")[0]])]

    def _agent(self, plot: Plot) -> User:
        if plot.language == "en":
            return self.org.people["emma.clark"]
        if plot.site == "chengdu" and not plot.confidential:
            return self.org.people["li.na"]
        return self.org.people["wang.fang"]

    def _minutes(self, low: int, high: int) -> timedelta:
        return timedelta(minutes=self.rng.uniform(low, high))

    def _after(self, at: datetime, days: float, plot: Plot) -> datetime:
        """Return when somebody comes to it: at the office by day, in an emergency at any hour."""
        pace = 0.08 if plot.story.trigger else plot.slow
        at += timedelta(days=days * pace * self.rng.lognormvariate(-0.2, 0.4))
        if plot.story.trigger:
            return at
        here = at + OFFICE
        if not OPENS <= here.hour < SHUTS:
            morning = here if here.hour < OPENS else here + DAY
            here = morning.replace(hour=OPENS, minute=self.rng.randint(2, 55))
        if here.weekday() >= SATURDAY and self.rng.random() < 0.8:
            here += (7 - here.weekday()) * DAY
        return here - OFFICE

    def _words(self, words: "tuple[object, ...]", reader: User) -> str:
        chosen = self.rng.choice(words)
        return chosen.of(reader.language)  # type: ignore[attr-defined, no-any-return]


def working_time(day: datetime, rng: Random) -> datetime:
    """Return a moment of that day when people complain: mostly by daylight (UTC+8)."""
    return day.replace(
        hour=rng.choice((0, 1, 1, 2, 2, 3, 5, 6, 6, 7, 8, 9, 11, 12, 13)),
        minute=rng.randint(0, 59),
        second=rng.randint(0, 59),
        microsecond=0,
        tzinfo=UTC,
    )
