"""Who may import and export."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.models import ImportJob
from complaints.services.importing import hand_in_import
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.complaints.factories import NOW, make_policy
from tests.complaints.test_import_rules import HEADER, MAP

IMPORTERS = ("manager", "quality_manager")
EXPORTERS = ("agent", "handler", "manager", "quality_manager", "auditor", "provider_staff")
_NARRATIVE = b"row,product,narrative\n1,Credit card,A long story\n"


def _theirs() -> dict[str, str]:
    """Return what importers get of an import; a provider's people see their provider's only."""
    return {**only(*IMPORTERS), "provider_staff": "404"}


def _handed_in(world: World, role: str) -> ImportJob:
    make_policy()
    return hand_in_import(
        file=[",".join(HEADER).encode()],
        file_name="old.csv",
        mapping=MAP,
        actor=world.users[role],
        at=NOW,
    )


def _of_the_manager(world: World) -> Mapping[str, Any]:
    return {"pk": _handed_in(world, "manager").pk}


def _of_somebody_else(world: World) -> Mapping[str, Any]:
    return {"pk": _handed_in(world, "quality_manager").pk}


ROWS: dict[str, Row] = {
    "complaints:imports": Row(
        get=only(*IMPORTERS, "provider_staff"),
        post=only(*IMPORTERS, "provider_staff", gives="redirect"),
        data=lambda _world: {
            "file": SimpleUploadedFile("old.csv", _NARRATIVE),
            "map": "cfpb_narratives",
        },
    ),
    "complaints:import_detail": Row(get=_theirs(), post=no_such_method(), kwargs=_of_the_manager),
    # A manager of one place does not see what others brought in.
    "complaints:import_detail#another": Row(
        get={**_theirs(), "manager": "404"},
        post=no_such_method(),
        kwargs=_of_somebody_else,
    ),
    "complaints:import_bad_rows": Row(get=_theirs(), post=no_such_method(), kwargs=_of_the_manager),
    "complaints:import_bad_rows#another": Row(
        get={**_theirs(), "manager": "404"},
        post=no_such_method(),
        kwargs=_of_somebody_else,
    ),
    "complaints:import_map": Row(
        get=only(*IMPORTERS, "provider_staff"),
        post=no_such_method(),
        kwargs=lambda _world: {"code": "cfpb"},
    ),
    "complaints:export": Row(get=no_such_method(), post=only(*EXPORTERS)),
}
