"""Every operation of the API with a call that must succeed: the matrix asks it as everybody.

A key is the operation's name. `prepare` brings the partner's complaint to where the call makes
sense; `own` says whether the call is about that one complaint (others then get 404).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.models import Complaint
from complaints.services.attachments import attach_file
from providers.states import Scope
from tests.accounts.factories import make_provider
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW
from tests.providers.listening import make_endpoint
from tests.providers.partner import PLAIN, Partner

PHONE = {"channel": "phone", "told_at": "2026-03-04T10:00:00+08:00"}
ASSESSED = {
    "category": "product.defective",
    "severity": "moderate",
    "safety_hazard": "none",
    "complexity": "normal",
    "impact": "one",
}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "606060600000000500010a2db40000000049454e44ae426082"
)


class Scene:
    """A partner with one complaint of its own, in some state."""

    def __init__(self, partner: Partner, state: str = "received") -> None:
        self.partner = partner
        self.desk = Desk()
        at_first = "responded" if state == "answered" else state
        self.complaint: Complaint = self.desk.case(at_first, provider=partner.provider)
        if state == "answered":
            self.desk.answer(self.complaint, "accepted", NOW)
        self.reference = self.complaint.reference

    @property
    def one(self) -> str:
        """Return the address of the complaint."""
        return f"complaints/{self.reference}/"

    def file(self) -> int:
        """Attach a file and return its id."""
        return attach_file(
            complaint_id=self.complaint.pk,
            file=[PNG],
            name="seal.png",
            internal=True,
            actor=self.desk.manager,
            at=NOW,
        ).pk


@dataclass(frozen=True)
class Row:
    """One operation: its call, and what it needs."""

    scope: Scope
    path: Callable[[Scene], str]
    body: Any = None
    method: str = "POST"
    state: str = "received"
    own: bool = True
    status: int = 200
    upload: bool = False
    permission: str = ""  # without it in the contract: 403
    # It is the calling software's alone: for the organisation's it does not exist, either.
    of_client: bool = False

    def call(self, asker: Partner, scene: Scene) -> Any:
        """Make the call as somebody."""
        path = self.path(scene)
        if self.method == "GET":
            return asker.get(path)
        if self.upload:
            return asker.upload(path, file=SimpleUploadedFile("seal.png", PNG))
        return asker.post(path, self.body)


def _one(below: str = "") -> Callable[[Scene], str]:
    return lambda scene: scene.one + below


def _at(path: str) -> Callable[[Scene], str]:
    return lambda _scene: path


def _read(below: str = "", scope: Scope = Scope.READ) -> Row:
    return Row(scope, _one(below), method="GET")


def _common(path: str, scope: Scope = Scope.READ) -> Row:
    return Row(scope, _at(path), method="GET", own=False)


def _webhook(below: str = "", body: Any = None, **more: Any) -> Row:
    def path(scene: Scene) -> str:
        endpoint, _secret = make_endpoint(scene.partner.client)
        return f"webhooks/{endpoint.public_id}/{below}"

    return Row(Scope.WEBHOOKS, path, body, of_client=True, **more)


def _act(name: str, body: Any, permission: str, state: str = "received") -> Row:
    return Row(
        Scope.HANDLE,
        _one(f"{name}/"),
        body,
        state=state,
        permission=f"complaints.{permission}",
    )


def _rated(scene: Scene) -> str:
    """Return whose scorecard is asked for: the partner's own, or anybody's by the organisation."""
    return (scene.partner.provider or make_provider("callco")).code


ROWS: dict[str, Row] = {
    "complaint_list": _common("complaints/"),
    "complaint_receive": Row(
        Scope.CREATE,
        _at("complaints/"),
        PLAIN,
        own=False,
        status=201,
        permission="complaints.receive",
    ),
    "complaint_receive_many": Row(
        Scope.CREATE,
        _at("complaints/bulk/"),
        {"complaints": [PLAIN]},
        own=False,
        permission="complaints.receive",
    ),
    "complaint_reconcile": Row(
        Scope.READ, _at("complaints/reconcile/"), {"references": []}, own=False
    ),
    "complaint_read": _read(),
    "complaint_timeline": _read("timeline/"),
    "complaint_read_confidential": Row(
        Scope.READ, _one("read-confidential/"), {"reason": "The complainant calls."}
    ),
    "note_list": _read("notes/"),
    "note_add": Row(
        Scope.HANDLE,
        _one("notes/"),
        {"text": "Called back."},
        status=201,
        permission="complaints.note",
    ),
    "message_list": _read("messages/"),
    "message_write": Row(
        Scope.HANDLE,
        _one("messages/"),
        {"occasion": "progress", "text": "We are at it.", **PHONE},
        status=201,
        permission="complaints.message",
    ),
    "attachment_list": _read("attachments/"),
    "attachment_add": Row(
        Scope.ATTACH,
        _one("attachments/"),
        upload=True,
        status=201,
        permission="complaints.attach",
    ),
    "attachment_read": Row(
        Scope.READ, lambda scene: f"{scene.one}attachments/{scene.file()}/", method="GET"
    ),
    "complaint_acknowledge": _act("acknowledge", {"message": PHONE}, "acknowledge"),
    "complaint_assess": _act("assess", ASSESSED, "assess", "acknowledged"),
    "complaint_investigate": _act("investigate", {}, "investigate", "assessed"),
    "complaint_respond": _act(
        "respond",
        {"finding": "upheld", "reasons": "The seal was faulty.", "message": PHONE},
        "respond",
        "investigating",
    ),
    "complaint_record_decision": _act(
        "record-decision", {"decision": "accepted"}, "record_decision", "responded"
    ),
    "complaint_close": _act("close", {"cause_code": "material"}, "close", "answered"),
    "complaint_follow_up": _act(
        "follow-up",
        {"channel": "phone", "outcome": "answered", "handling_score": 8, "outcome_score": 9},
        "follow_up",
        "closed",
    ),
    "complaint_reopen": _act("reopen", {"reason": "It leaks again."}, "reopen", "closed"),
    "complaint_withdraw": _act("withdraw", {"reason": "Settled."}, "withdraw"),
    "complaint_escalate": _act("escalate", {"reason": "Who pays?"}, "escalate"),
    "complaint_declare_emergency": _act(
        "declare-emergency",
        {"trigger": "personal_safety", "facts": "It gets hot."},
        "declare_emergency",
    ),
    "categories": _common("categories/"),
    "handling_policy": _common("handling-policy/"),
    "kpis": _common("kpis/", Scope.REPORTS),
    "alerts": _common("alerts/", Scope.REPORTS),
    "changes": _common("changes/"),
    "webhook_list": _common("webhooks/", Scope.WEBHOOKS),
    "webhook_event_types": _common("webhooks/event-types/", Scope.WEBHOOKS),
    "webhook_add": Row(
        Scope.WEBHOOKS,
        _at("webhooks/"),
        {"url": "https://partner.example/"},
        own=False,
        status=201,
        permission="webhooks.manage",
    ),
    "webhook_read": _webhook(method="GET"),
    "webhook_secret": _webhook("secret/", method="GET"),
    "webhook_deliveries": _webhook("deliveries/", method="GET"),
    "webhook_change": _webhook("change/", {"note": "Ours"}),
    "webhook_rotate": _webhook("rotate/", {}),
    "webhook_test": _webhook("test/", status=202),
    "webhook_replay": _webhook(
        "replay/",
        {"since": "2026-03-04T00:00:00Z", "until": "2026-03-05T00:00:00Z"},
        status=202,
    ),
    "webhook_remove": _webhook("remove/", status=204),
    "provider_scorecard": Row(
        Scope.REPORTS,
        lambda scene: f"providers/{_rated(scene)}/scorecard/",
        method="GET",
    ),
}
