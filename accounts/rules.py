"""Which permission each role carries: one table, asked through accounts.permissions only."""

import hashlib
import secrets
from collections.abc import Mapping

_DESK = frozenset(
    {
        "complaints.view",
        "complaints.receive",
        "complaints.acknowledge",
        "complaints.note",
        "complaints.message",
        "complaints.attach",
        "complaints.record_decision",
        "complaints.follow_up",
        "complaints.declare_emergency",
        "complaints.take_emergency",
        "complaints.escalate",
        "complaints.withdraw",
        "complaints.reopen",
        "complaints.export",
        "complaints.assign_self",
        "mailroom.view",
        "mailroom.triage",
        "emergencies.view",
        "policy.view",
        "incidents.view",
        "incidents.link",
    }
)
_HANDLING = _DESK | {
    "complaints.assess",
    "complaints.investigate",
    "complaints.respond",
    "complaints.close",
    "complaints.merge",
    "complaints.dismiss",
    "referrals.record",
}
_MANAGING = _HANDLING | {
    "complaints.handle_any",  # not only what they or their team own
    "complaints.assign",
    "complaints.approve",
    "complaints.view_confidential",
    "complaints.downgrade_emergency",
    "complaints.correct",
    "complaints.import",
    "complaints.decide_reopening",
    "referrals.decide",
    "accounts.set_absence",  # of colleagues in their places
    "incidents.oversee",  # also those without a complaint of one's own
    "incidents.manage",
    "incidents.approve_legal",
    "retention.view",
    "retention.hold",
    "emergencies.keep_rota",
    "emergencies.approve_report",
    "emergencies.review",
    "providers.view",
    "providers.manage",
    "monitoring.view",
    "warnings.view",
    "warnings.work",
}

# What a provider's people and software can be granted at all; its contract says how much of it.
_PROVIDING = frozenset(
    {
        "complaints.view",
        "complaints.receive",
        "complaints.acknowledge",
        "complaints.assess",
        "complaints.investigate",
        "complaints.respond",
        "complaints.close",
        "complaints.note",
        "complaints.message",
        "complaints.attach",
        "complaints.record_decision",
        "complaints.follow_up",
        "complaints.declare_emergency",
        "complaints.escalate",
        "complaints.withdraw",
        "complaints.reopen",
        "complaints.assign_self",
        "complaints.export",
        "complaints.import",
        "webhooks.manage",
    }
)

# Values are role values of accounts.states.Role; permissions are "<area>.<what>".
PERMISSIONS_OF: Mapping[str, frozenset[str]] = {
    "agent": _DESK,
    "handler": _HANDLING,
    "manager": _MANAGING,
    "quality_manager": frozenset(
        {
            "complaints.view",
            "complaints.view_confidential",
            "complaints.export",
            "complaints.import",
            "complaints.note",
            "complaints.approve",
            "complaints.declare_emergency",
            "complaints.take_emergency",
            "complaints.downgrade_emergency",
            "complaints.decide_reopening",
            "referrals.record",
            "referrals.decide",
            "mailroom.view",
            "emergencies.keep_rota",
            "emergencies.approve_report",
            "emergencies.review",
            "emergencies.view",
            "policy.view",
            "policy.edit",
            "policy.approve",
            "calendar.edit",
            "templates.edit",
            "journal.verify",
            "incidents.view",
            "incidents.link",
            "incidents.oversee",
            "incidents.manage",
            "incidents.approve_legal",
            "incidents.approve_quality",
            "retention.view",
            "retention.edit",
            "retention.hold",
            "retention.propose",
            "retention.review",
            "retention.subjects",
            "retention.read_subjects",
            "providers.view",
            "providers.manage",
            "providers.approve",
            "monitoring.view",
            "warnings.view",
            "warnings.work",
            "warnings.set",
            "monitoring.set_targets",
            "monitoring.tidy_analyses",  # take away what others have shared
        }
    ),
    "auditor": frozenset(
        {
            "complaints.view",
            "complaints.view_confidential",
            "complaints.export",
            "mailroom.view",
            "emergencies.view",
            "policy.view",
            "journal.verify",
            "incidents.view",
            "incidents.oversee",
            "retention.view",
            "retention.read_subjects",
            "providers.view",
            "monitoring.view",
            "warnings.view",
        }
    ),
    "top_management": frozenset(
        {
            "complaints.view",
            "policy.view",
            "policy.approve",
            "incidents.view",
            "incidents.oversee",
            "incidents.approve_top",
            "retention.view",
            "retention.approve",
            "retention.review",
            "complaints.declare_emergency",
            "complaints.take_emergency",
            "emergencies.approve_report",
            "emergencies.view",
            "providers.view",
            "providers.approve",
            "monitoring.view",
            "warnings.view",
            "warnings.oversee",
        }
    ),
    "provider_staff": _PROVIDING,
    "api_client": _PROVIDING | {"complaints.handle_any", "complaints.assign"},
    "evaluator": frozenset(),
    "administrator": frozenset(
        {"accounts.manage", "journal.operate", "policy.view", "webhooks.manage"}
    ),
}

# An administrator of one site could make themselves one of all sites, so the role has no place.
ONLY_EVERYWHERE = frozenset({"administrator"})
# Given with a provider's file or an API client, never as a role of its own.
NEVER_BY_HAND = frozenset({"provider_staff", "api_client"})

_UNMISTAKABLE = (
    "abcdefghjkmnpqrstuvwxyz23456789"  # neither l, 1, i, o nor 0: it is read out and typed
)


def roles_with(permission: str) -> frozenset[str]:
    """Return the roles that carry a permission."""
    return frozenset(role for role, carried in PERMISSIONS_OF.items() if permission in carried)


def one_time_password() -> str:
    """Return a new password of four groups of four, some 79 bits."""
    return "-".join("".join(secrets.choice(_UNMISTAKABLE) for _ in range(4)) for _ in range(4))


def digest_of(secret: str) -> str:
    """Return what is kept of the secret of a link: enough to know it again, too little to use."""
    return hashlib.sha256(secret.encode()).hexdigest()


LOOPBACK = frozenset({"127.0.0.1", "[::1]"})


def gives_passkeys(host: str, *, secure: bool) -> bool:
    """Return whether browsers give out passkeys at an address: by https, else only on localhost.

    WebAuthn wants a secure context and a name; 127.0.0.1 is no name (W3C WebAuthn 3, 5.1.2).
    """
    name = name_of(host)
    if secure:
        return name not in LOOPBACK
    return name == "localhost" or name.endswith(".localhost")


def name_of(host: str) -> str:
    """Return a host without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()
