"""The demo: every turn a life may take is one that the rules allow, and nobody loads it twice."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from complaints.demo import loading
from complaints.demo.lives import Teller
from complaints.demo.organisation import found
from complaints.models import Complaint
from complaints.states import State
from journal.origin import origin

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
ENDINGS = sorted(set(loading._ENDINGS))
PEOPLE: dict[str, dict[str, Any]] = {
    "known": {},
    "anonymous": {"anonymous": True, "channel": "letter"},
    "confidential": {"confidential": True},
    "slow": {"slow": 4.0},
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ending", "who"),
    [
        *((ending, who) for ending in ENDINGS for who in ("known", "anonymous")),
        *((ending, who) for ending in ("merged", "reopened") for who in ("confidential", "slow")),
    ],
)
def test_a_life_of_each_kind_meets_no_refusal(ending, who):
    rng = Random(ending + who)
    with origin("demo"):
        organisation, _sign_ins = found(at=BEGAN - timedelta(days=1))
        teller = Teller(organisation, rng)
        plot = replace(
            loading._plot(rng, loading._in_season(rng, BEGAN), BEGAN),
            **{"anonymous": False, "confidential": False, "ending": ending, **PEOPLE[who]},
        )
        for _moment in teller.live(plot):
            pass
    states = set(Complaint.objects.values_list("state", flat=True))
    assert states & {State.CLOSED, State.FOLLOWED_UP, State.WITHDRAWN, State.NOT_A_COMPLAINT}
    assert (State.MERGED in states) == (ending == "merged" and who != "anonymous")


@pytest.mark.django_db
def test_load_demo_writes_a_sign_in_for_every_person(monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.DEMO_STORIES = []
    monkeypatch.setattr(loading, "_plots", lambda *_args: iter(()))
    monkeypatch.setattr(loading, "_run", lambda *_args: None)
    call_command("load_demo")
    file = tmp_path / "demo.json"
    users = json.loads(file.read_text(encoding="utf-8"))["users"]
    assert {"agent", "handler", "manager", "quality_manager", "auditor", "administrator"} <= {
        user["role"] for user in users
    }
    assert all(user["username"] and user["password"] for user in users)
    assert file.stat().st_mode & 0o077 == 0

    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("load_demo")
    call_command("load_demo", "--if-empty")


@pytest.mark.django_db
@override_settings(DEMO_ALLOWED=False)
def test_load_demo_is_refused_with_production_settings():
    with pytest.raises(CommandError, match="production"):
        call_command("load_demo")
    assert not Complaint.objects.exists()
