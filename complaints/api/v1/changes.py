"""GET changes/: everything that changed since, for partners who poll."""

from typing import Any

from rest_framework import serializers as s

from complaints.selectors.announcing import news_for
from complaints.states import Stage, State
from providers.api.operations import Answer, Call, operation
from providers.api.pages import PAGE, BadCursor, PageQuery, page_answer, place_of
from providers.api.views import ApiView
from providers.states import Scope

Shape = s.Serializer[Any]
LONGEST = 18  # digits of a number


class RunningShape(Shape):
    """A time limit that runs."""

    stage = s.ChoiceField(Stage.choices)
    due_at = s.DateTimeField()
    paused = s.BooleanField()


class NowShape(Shape):
    """Where the complaint stands now, which may be further than this change."""

    status = s.ChoiceField(State.choices)
    emergency = s.BooleanField()
    version = s.IntegerField()
    deadlines = RunningShape(many=True)


class ChangeShape(Shape):
    """Something that changed in a complaint."""

    sequence = s.IntegerField(help_text="Rises from change to change; there are gaps.")
    id = s.CharField(help_text="The same as the webhook-id of its delivery.")
    type = s.CharField(help_text="As `event-types/` names them; new ones may be added.")
    at = s.DateTimeField()
    recorded_at = s.DateTimeField()
    reference = s.CharField()
    external_id = s.CharField(allow_null=True)
    status = s.ChoiceField(State.choices, help_text="After this change.")
    details = s.DictField(help_text="Codes that belong to this change.")
    now = NowShape()


class ChangesPage(Shape):
    """Changes in order. `next` is always there: call it again later for what comes then."""

    results = ChangeShape(many=True)
    next = s.URLField()
    previous = s.URLField(allow_null=True)
    has_more = s.BooleanField(help_text="Whether there is more already.")


class Changes(ApiView):
    """Read on."""

    @operation(
        "changes",
        "Read what changed since",
        scope=Scope.READ,
        asks=PageQuery,
        gives={200: ChangesPage},
        refuses=(410,),
        tag="changes",
    )
    def get(self, call: Call) -> Answer:
        """In order, at least once, nothing skipped. Without a cursor, from the beginning of what
        is kept. Keep the cursor once what came with it is stored: then a crash costs nothing.
        """
        place = place_of(call)
        if place.before or (place.after and not place.after.isdecimal()):
            raise BadCursor
        after = int(place.after[:LONGEST]) if place.after else None
        page = news_for(call.actor, after=after, size=call.asked.get("page_size", PAGE))
        return page_answer(call, page.rows, after=str(page.read_to), has_more=page.more)
