"""The kinds of entry this app writes; payloads hold ids, codes and digests."""

from typing import TypedDict

# The file; the subject of all of these is the provider.
CREATED = "provider.created"
CHANGED = "provider.changed"  # {"fields": names}
REQUIREMENTS_TOLD = "provider.requirements_told"  # {"version": n, "sha256": of the texts}
REQUIREMENTS_CONFIRMED = "provider.requirements_confirmed"  # {"version": n, "sha256": …}
EVALUATED = "provider.evaluated"  # {"evaluation": id, "of": kind, "result": …, "decision": …}
CONTRACT_DRAFTED = "provider.contract_drafted"  # {"contract": id}
CONTRACT_CHANGED = "provider.contract_changed"  # {"contract": id, "sha256": of its content}
CONTRACT_SUBMITTED = "provider.contract_submitted"
CONTRACT_RETURNED = "provider.contract_returned"
CONTRACT_APPROVED = "provider.contract_approved"  # {"contract": id, "sha256": of its content}
CONTRACT_DISCARDED = "provider.contract_discarded"
CONTRACT_ENDING = "provider.contract_ending"  # {"contract": id, "days": ahead}
CONTRACT_ENDED = "provider.contract_ended"  # {"contract": id, "people": n, "clients": n}
EVALUATION_DUE = "provider.evaluation_due"  # {"evaluation": id, "days": ahead}
EVALUATION_LATE = "provider.evaluation_late"  # {"evaluation": id, "days": late}
REQUIREMENTS_WAITING = "provider.requirements_waiting"  # {"version": n, "days": since told}
GRANTED = "provider.granted"  # {"granted": codes, "shown": fields}
STOPPED = "provider.stopped"  # {"because": codes, "tokens": how many ended}
SUSPENDED = "provider.suspended"  # {"suspension": id, "sha256": of the reason}
RESUMED = "provider.resumed"  # {"suspension": id}
PERSON_ENGAGED = "provider.person_engaged"  # {"user": id}
PERSON_RELEASED = "provider.person_released"  # {"user": id}
BREACH_NOTED = "provider.breach_noted"  # {"breach": id, "of": kind}
BREACH_CLOSED = "provider.breach_closed"  # {"breach": id}
QUARTER_RATED = "provider.quarter_rated"  # {"quarter": "2026Q3", "band": …, "sha256": …}
PLAN_RAISED = "provider.plan_raised"  # {"plan": id, "because": quarters}
PLAN_AGREED = "provider.plan_agreed"  # {"plan": id, "sha256": of the measures}
PLAN_DONE = "provider.plan_done"
PLAN_CHECKED = "provider.plan_checked"  # {"plan": id, "effective": bool}

# The subject of all of these is the endpoint.
ENDPOINT_ADDED = "webhook.endpoint_added"  # {"client": id}
ENDPOINT_CHANGED = "webhook.endpoint_changed"  # {"fields": names}
ENDPOINT_REMOVED = "webhook.endpoint_removed"  # {"client": id}
ENDPOINT_DISABLED = "webhook.endpoint_disabled"  # {"because": code}
ENDPOINT_ENABLED = "webhook.endpoint_enabled"
SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - a kind, not a secret; {"until": instant}
SECRET_READ = "webhook.secret_read"  # noqa: S105 - a kind, not a secret
REPLAYED = "webhook.replayed"  # {"deliveries": how many}

# What an endpoint is sent to see that it works; it is about no complaint.
TEST = "webhook.test"

# Software; the subject is the client.
CLIENT_CREATED = "client.created"  # Client
CLIENT_SECRET_ROTATED = "client.secret_rotated"  # noqa: S105 - a kind, not a secret; Rotated
CLIENT_ENDED = "client.ended"
CLIENT_TOKEN_ISSUED = "client.token_issued"  # noqa: S105 - a kind, not a secret; Token


class Client(TypedDict):
    """For whom the software works and what its tokens may be used for."""

    provider: str | None
    scopes: list[str]


class Rotated(TypedDict):
    """Until when the secret before it still works."""

    until: str


class Token(TypedDict):
    """What the token may be used for."""

    scopes: list[str]
