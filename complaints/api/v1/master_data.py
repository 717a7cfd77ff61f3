"""Categories, handling policy and reconciliation: what both sides must agree on."""

from typing import Any

from django.utils import translation

from complaints.api.v1 import given, told
from complaints.rules.policy import ClockDef
from complaints.selectors.partners import also_held, held_under, shown_fields
from complaints.selectors.policy import active_categories, policy_in_force, trigger_words
from providers.api.operations import Answer, Call, operation
from providers.api.views import ApiView
from providers.states import Scope


class Categories(ApiView):
    """The classes of complaints."""

    @operation(
        "categories",
        "Read the categories",
        scope=Scope.READ,
        gives={200: told.CategoriesShape},
        tag="agreement",
    )
    def get(self, call: Call) -> Answer:  # noqa: ARG002 - the same for everybody
        """Parents before children; names in the language of Accept-Language."""
        chosen = active_categories()
        codes = {category.pk: category.code for category in chosen}
        return Answer(
            {
                "results": [
                    {
                        "code": category.code,
                        "parent": codes.get(category.parent_id or 0),
                        "name": str(category),
                    }
                    for category in chosen
                ]
            }
        )


class Policy(ApiView):
    """The handling policy, as far as it concerns whoever hands over complaints."""

    @operation(
        "handling_policy",
        "Read what should be filled in, and the time limits in force",
        scope=Scope.READ,
        gives={200: told.PolicyShape},
        tag="agreement",
    )
    def get(self, call: Call) -> Answer:
        """Also what this token and your contract allow."""
        policy, language = policy_in_force(call.at), translation.get_language() or ""
        says, provider = policy.says, call.actor.provider
        shown = shown_fields(provider)
        return Answer(
            {
                "version": policy.version,
                "in_force_since": policy.effective_from,
                "wanted": {channel: list(fields) for channel, fields in says.wanted.items()},
                "time_limits": [_limit(clock, language) for clock in says.clocks],
                "causes": [
                    {"code": cause.code, "name": cause.names.of(language)} for cause in says.causes
                ],
                "emergency_triggers": [
                    {"code": code, "name": name} for code, name in trigger_words(says).items()
                ],
                "escalation": [
                    {"level": step.level, "name": step.names.of(language)}
                    for step in says.escalation
                ],
                "currency": says.redress.currency,
                "scopes": sorted(call.scopes),
                "permissions": sorted(call.actor.permissions),
                "shown_fields": None if shown is None else sorted(shown),
            }
        )


def _limit(clock: ClockDef, language: str) -> dict[str, Any]:
    return {
        "code": clock.code,
        "stage": clock.stage,
        "name": clock.names.of(language),
        "amount": clock.amount,
        "unit": str(clock.unit.value),
        "calendar": clock.calendar,
        "hard": clock.hard,
        "priorities": list(clock.priorities),
        "channels": list(clock.channels),
        "categories": list(clock.categories),
    }


class Reconcile(ApiView):
    """Both sides compare what they hold."""

    @operation(
        "complaint_reconcile",
        "Compare your references with what is held",
        scope=Scope.READ,
        takes=given.ReconcileGiven,
        gives={200: told.ReconciledShape},
        tag="complaints",
    )
    def post(self, call: Call) -> Answer:
        """Send your `external_id`s: you hear which are held and in what state, which are missing.

        With a time (`received_from`, `received_until`) you also hear what else is held of it.
        """
        asked = list(dict.fromkeys(call.given["references"]))
        held = held_under(asked, call.actor)
        known = {item.external_id for item in held}
        extra: list[str] = []
        truncated = False
        since, until = call.given.get("received_from"), call.given.get("received_until")
        if since or until:
            also = also_held(
                call.actor, since=since, until=until or call.at, limit=given.MOST_REFERENCES + 1
            )
            truncated = len(also) > given.MOST_REFERENCES
            extra = [name for name in also[: given.MOST_REFERENCES] if name not in set(asked)]
        return Answer(
            {
                "held": [
                    {
                        "external_id": item.external_id,
                        "reference": item.reference,
                        "status": item.state,
                        "version": item.version,
                        "received_at": item.received_at,
                    }
                    for item in held
                ],
                "missing": [name for name in asked if name not in known],
                "extra": extra,
                "extra_truncated": truncated,
            }
        )
