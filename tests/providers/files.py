"""Files of providers for tests, made by the verbs. Nothing is random."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import Provider, User
from accounts.services import Outsider
from journal.selectors import history_of
from providers.models import Contract, Requirements
from providers.models.file import TOPICS
from providers.rules.matrix import STEPS, Duty
from providers.services.contracts import (
    Terms,
    approve_contract,
    draft_contract,
    submit_contract,
)
from providers.services.evaluating import Judgement, evaluate_provider
from providers.services.file import create_provider, engage_person
from providers.services.requirements import confirm_requirements, tell_requirements
from tests.accounts.factories import person

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
TODAY = date(2026, 3, 4)
PASSWORD = "a-long-test-password-of-theirs"
TEXTS = {topic: {"en": f"{topic} in English", "zh": f"{topic} 中文"} for topic in TOPICS}
GOOD = {"competence": 5, "capacity": 4, "confidentiality": 5}


def keeper() -> User:
    """Return somebody who keeps files: the manager."""
    found = User.objects.filter(username="mia").first()
    return found or person("mia", "manager")


def approver() -> User:
    """Return somebody who approves: top management."""
    found = User.objects.filter(username="theo").first()
    return found or person("theo", "top_management")


def matrix(*providers: str, **within: int) -> list[Duty]:
    """Return a matrix in which the provider does these steps, and passes on emergencies."""
    steps = {*providers, "declare_emergency"}
    return [
        Duty(step=step, by="both" if step in steps else "organisation", within=within.get(step))
        for step in STEPS
    ]


def terms(**fields: Any) -> Terms:
    """Return the terms of a call centre's contract."""
    said: dict[str, Any] = {
        "number": "C-1",
        "starts_on": TODAY,
        "ends_on": TODAY + timedelta(days=365),
        "matrix": matrix("receive", "acknowledge"),
        "extras": ["complaints.note"],
        "shown_fields": ["name", "phone"],
    }
    return Terms(**{**said, **fields})


def begun(code: str = "callcentre") -> Provider:
    """Return a provider whose file was begun."""
    return create_provider(
        code=code, name_en="Call Centre", name_zh="呼叫中心", actor=keeper(), at=NOW
    )


def worker(provider: Provider, username: str = "wen") -> User:
    """Return somebody who works for a provider."""
    return engage_person(
        provider_id=provider.pk,
        outsider=Outsider(username, username.title()),
        password=PASSWORD,
        actor=keeper(),
        at=NOW,
    )


def told(provider: Provider) -> Requirements:
    """Tell a provider what is required."""
    return tell_requirements(provider_id=provider.pk, texts=TEXTS, actor=keeper(), at=NOW)


def selected(provider: Provider) -> None:
    """Select a provider."""
    evaluate_provider(
        provider_id=provider.pk,
        judgement=Judgement("selection", GOOD, "selected", "The best of three.", date(2026, 9, 1)),
        actor=keeper(),
        at=NOW,
    )


def drafted(provider: Provider, **fields: Any) -> Contract:
    """Write a contract for a provider."""
    return draft_contract(provider_id=provider.pk, terms=terms(**fields), actor=keeper(), at=NOW)


def at_work(code: str = "callcentre", **fields: Any) -> tuple[Provider, User]:
    """Return a provider with everything in its file, and one of its people."""
    provider = begun(code)
    selected(provider)
    wen = worker(provider, f"wen-{code}")
    confirm_requirements(requirements_id=told(provider).pk, actor=wen, at=NOW)
    contract = drafted(provider, **fields)
    submit_contract(contract_id=contract.pk, actor=keeper(), at=NOW)
    approve_contract(contract_id=contract.pk, actor=approver(), at=NOW)
    provider.refresh_from_db()
    User.objects.filter(pk=wen.pk).update(must_change_password=False)
    return provider, fresh(wen)


def fresh(user: User) -> User:
    """Return a person as the next request reads them."""
    return User.objects.get(pk=user.pk)


def kinds(provider: Provider) -> Sequence[str]:
    """Return the kinds of entry in a provider's record, in order."""
    return [entry.kind for entry in history_of(provider)]
