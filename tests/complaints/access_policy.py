"""Who may open the pages of the handling policy, the glossary and the first hour."""

from django.utils import timezone

from complaints.models import HandlingPolicy
from complaints.services.policy import draft_policy, install_default_policy, submit_policy
from tests.architecture.access_row import Row, World, no_such_method, only, signed_in

READERS = (
    "agent",
    "handler",
    "manager",
    "quality_manager",
    "auditor",
    "top_management",
    "administrator",
)
WRITER = "quality_manager"
APPROVERS = ("quality_manager", "top_management")
SETTLERS = ("quality_manager", "administrator")


def _installed(_world: World) -> dict[str, int]:
    return {"version": install_default_policy(at=timezone.now()).version}


def _draft(world: World) -> dict[str, int]:
    _installed(world)
    return {"version": draft_policy(actor=world.users[WRITER], at=timezone.now()).version}


def _handed_in(world: World) -> dict[str, int]:
    version = _draft(world)
    draft = HandlingPolicy.objects.get(**version)
    submit_policy(policy_id=draft.pk, note="x", actor=world.users[WRITER], at=timezone.now())
    return version


def _nothing(world: World) -> dict[str, int]:
    _installed(world)
    return {}


ROWS = {
    "complaints:policy_list": Row(get=only(*READERS), post=no_such_method(), kwargs=_nothing),
    "complaints:policy": Row(get=only(*READERS), post=no_such_method(), kwargs=_installed),
    "complaints:policy_diff": Row(get=only(*READERS), post=no_such_method(), kwargs=_installed),
    "complaints:policy_due": Row(get=only(*READERS), post=no_such_method(), kwargs=_installed),
    "complaints:policy_export": Row(get=only(*READERS), post=no_such_method(), kwargs=_installed),
    "complaints:policy_draft": Row(
        get=no_such_method(), post=only(WRITER, gives="redirect"), kwargs=_nothing
    ),
    "complaints:policy_edit": Row(
        get=only(WRITER), post=only(WRITER), kwargs=_draft, data=lambda _world: {"do": "add"}
    ),
    "complaints:policy_presets": Row(
        get=only(WRITER),
        post=only(WRITER, gives="redirect"),
        kwargs=_draft,
        data=lambda _world: {"preset": "CN-CONSUMER-REMEDY", "clock": "no_reason_return"},
    ),
    # No file was sent.
    "complaints:policy_upload": Row(
        get=only(WRITER), post=only(WRITER, gives="422"), kwargs=_draft
    ),
    "complaints:policy_submit": Row(
        get=no_such_method(),
        post=only(WRITER, gives="redirect"),
        kwargs=_draft,
        data=lambda _world: {"note": "x"},
    ),
    "complaints:policy_discard": Row(
        get=no_such_method(), post=only(WRITER, gives="redirect"), kwargs=_draft
    ),
    "complaints:policy_approve": Row(
        get=no_such_method(), post=only(*APPROVERS, gives="redirect"), kwargs=_installed
    ),
    # The quality manager wrote this one.
    "complaints:policy_approve#own": Row(
        get=no_such_method(), post=only("top_management", gives="redirect"), kwargs=_handed_in
    ),
    "complaints:policy_reject": Row(
        get=no_such_method(),
        post=only(*APPROVERS, gives="redirect"),
        kwargs=_installed,
        data=lambda _world: {"reason": "x"},
    ),
    "complaints:glossary": Row(get=signed_in(), post=no_such_method()),
    "complaints:first_hour": Row(get=only(*SETTLERS), post=no_such_method()),
    "complaints:first_hour_card": Row(get=signed_in(), post=no_such_method()),
    "complaints:mark_first_hour": Row(
        get=no_such_method(),
        post=only(*SETTLERS, gives="redirect"),
        data=lambda _world: {"step": "templates"},
    ),
}
