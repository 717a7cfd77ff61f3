"""The verbs on what a provider is told: told in a version, confirmed by its own people (8.7 a)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from providers import events
from providers.errors import BadInput, Conflict
from providers.models import Requirements
from providers.models.file import TOPICS
from providers.permissions import MANAGE, demand_file, demand_own
from providers.selectors.file import newest_requirements
from providers.services.noting import digest, locked, note
from providers.services.standing import settle

LANGUAGES = ("en", "zh")
LONGEST = 10_000

Texts = Mapping[str, Mapping[str, str]]


@transaction.atomic
def tell_requirements(*, provider_id: int, texts: Texts, actor: User, at: datetime) -> Requirements:
    """Tell a provider what is asked of it, as a new version that it is to confirm.

    What was confirmed before goes on to hold until then. Raises NotAllowed, BadInput naming
    `<topic>_<language>`, Conflict where nothing is new.
    """
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    said = _said(texts)
    before = newest_requirements(provider)
    if before is not None and before.texts == said:
        raise Conflict(_("Nothing has changed since the last version."))
    newest = provider.requirements.aggregate(newest=Max("version"))["newest"] or 0
    told = Requirements.objects.create(
        provider=provider, version=newest + 1, texts=said, told_by=actor, told_at=at
    )
    payload = {"version": told.version, "sha256": digest(said)}
    note(events.REQUIREMENTS_TOLD, provider, actor, at, payload)
    return told


def _said(texts: Texts) -> dict[str, dict[str, str]]:
    said: dict[str, dict[str, str]] = {}
    for topic in TOPICS:
        for language in LANGUAGES:
            text = texts.get(topic, {}).get(language, "").strip()
            if not text:
                raise BadInput(_("Say it in both languages."), field=f"{topic}_{language}")
            if len(text) > LONGEST:
                raise BadInput(_("This is too long."), field=f"{topic}_{language}")
            said.setdefault(topic, {})[language] = text
    return said


@transaction.atomic
def confirm_requirements(*, requirements_id: int, actor: User, at: datetime) -> Requirements:
    """Confirm, as a person of the provider, that its people know and keep what it was told.

    Raises NotAllowed for everybody else; Conflict where it was confirmed, or told anew, meanwhile.
    """
    found = Requirements.objects.select_related("provider").get(pk=requirements_id)
    demand_own(actor, found.provider, _("Somebody who works for this provider confirms it."))
    provider = locked(found.provider_id)
    told = Requirements.objects.select_for_update(of=("self",)).get(pk=requirements_id)
    newest = newest_requirements(provider)
    if told.confirmed_at is not None or newest is None or newest.pk != told.pk:
        raise Conflict(_("This version is no longer where you saw it. Look at it again."))
    told.confirmed_by, told.confirmed_at = actor, at
    told.save(update_fields=["confirmed_by", "confirmed_at"])
    payload = {"version": told.version, "sha256": digest(told.texts)}
    note(events.REQUIREMENTS_CONFIRMED, provider, actor, at, payload)
    settle(provider, actor=actor, at=at)
    return told
