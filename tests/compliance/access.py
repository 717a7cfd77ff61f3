"""Who may open the calendar and preset pages."""

from tests.architecture.access_row import Row, World, no_such_method, only

READERS = (
    "agent",
    "handler",
    "manager",
    "quality_manager",
    "auditor",
    "top_management",
    "administrator",
)
EDITOR = "quality_manager"


def _year(_world: World) -> dict[str, str | int]:
    return {"code": "CN", "year": 2099}


def _code(_world: World) -> dict[str, str]:
    return {"code": "CN"}


def _day(_world: World) -> dict[str, str]:
    return {"first": "2099-02-15", "kind": "bridge", "note_en": "Stock", "note_zh": "盘点"}


ROWS = {
    "compliance:calendars": Row(get=only(*READERS), post=no_such_method()),
    "compliance:presets": Row(get=only(*READERS), post=no_such_method()),
    "compliance:year": Row(get=only(*READERS), post=no_such_method(), kwargs=_year),
    "compliance:hours": Row(
        get=only(EDITOR),
        post=only(EDITOR, gives="redirect"),
        kwargs=_code,
        data=lambda _world: {"monday": "09:00-17:00"},
    ),
    "compliance:set_day": Row(
        get=no_such_method(),
        post=only(EDITOR, gives="redirect"),
        kwargs=_year,
        data=_day,
    ),
    # Nothing is there to remove, confirm or adopt: a refusal, but only to those who may.
    "compliance:remove_day": Row(
        get=no_such_method(),
        post=only(EDITOR, gives="409"),
        kwargs=_year,
        data=lambda _world: {"day": "2099-02-15"},
    ),
    "compliance:confirm_year": Row(
        get=no_such_method(), post=only(EDITOR, gives="409"), kwargs=_year
    ),
    "compliance:adopt_year": Row(
        get=no_such_method(), post=only(EDITOR, gives="409"), kwargs=_year
    ),
}
