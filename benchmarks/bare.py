"""The bare references: what Django itself costs for the same rows, with session and person."""

import secrets
from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path
from django.utils import timezone

from benchmarks import rollup
from complaints.models import Clock, Complainant, Complaint, HandlingPolicy
from complaints.states import Channel
from journal.models import Entry, Head

# The rows a list shows, and the rows a complaint's page shows: read plainly, printed plainly.
_COLUMNS = (
    "complainant__name",
    "category__name_en",
    "owner__display_name",
    "reference",
    "state",
    "description",
    "product",
    "channel",
    "priority",
    "next_due_at",
    "received_at",
)
# A list as one writes it without a thought: eight columns, dates formatted, cells escaped.
_LIST = engines["django"].from_string(
    "<!doctype html><title>{{ user }}</title><table>{% for row in rows %}<tr>"
    "<td><a href='/c/{{ row.reference }}/'>{{ row.reference }}</a></td><td>{{ row.state }}</td>"
    "<td>{{ row.description|truncatechars:80 }}</td><td>{{ row.product }}</td>"
    "<td>{{ row.complainant__name }}</td><td>{{ row.category__name_en }}</td>"
    "<td>{{ row.channel }}</td><td>{{ row.priority }}</td><td>{{ row.owner__display_name }}</td>"
    "<td>{{ row.next_due_at|date:'Y-m-d H:i' }}</td><td>{{ row.received_at|date:'Y-m-d H:i' }}</td>"
    "</tr>{% endfor %}</table>"
)
_DETAIL = engines["django"].from_string(
    "<!doctype html><title>{{ user }}</title><h1>{{ row.reference }}</h1><p>{{ row.description }}"
    "<p>{{ row.complainant }} {{ row.category }} {{ row.owner }} {{ row.site }} {{ row.team }}"
    "{% for entry in entries %}<li>{{ entry.occurred_at|date:'Y-m-d H:i' }} {{ entry.kind }}"
    "{{ entry.actor }} {{ entry.body }}{% endfor %}"
    "{% for clock in clocks %}<li>{{ clock.code }} {{ clock.due_at|date:'Y-m-d H:i' }}{% endfor %}"
    "{% for item in written %}<li>{{ item.pk }} {{ item }}{% endfor %}"
)


WAYS = ("index", "walk")
PLACES = ("site", "team")


def _search_sql(way: str, place: Mapping[str, int]) -> str:
    """Return how to find the newest hits: by the word index, or by a walk back from the newest."""
    hit = "complaint_id AS id, vector FROM complaints_search"
    condition = ""
    if place:
        [(column, pk)] = place.items()
        hit += " JOIN complaints_complaint AS one ON one.id = complaint_id"
        condition = f"one.{column} = {pk}"
    if way == "index":
        condition = f" AND {condition}" if condition else ""
        asked = f"vector @@ %s::tsquery{condition} ORDER BY complaint_id DESC"
        return f"SELECT {hit} WHERE {asked} LIMIT %s"
    condition = f" WHERE {condition}" if condition else ""
    back = f"SELECT {hit}{condition} ORDER BY complaint_id DESC OFFSET 0"
    return f"SELECT id FROM ({back}) AS hit WHERE vector @@ %s::tsquery LIMIT %s"


def _place(request: HttpRequest) -> dict[str, int]:
    """Return the one place whose rows are asked for, as a plain condition; none is everything."""
    return {f"{name}_id": int(request.GET[name]) for name in PLACES if name in request.GET}


def _rows(request: HttpRequest) -> int:
    """Return how many rows the page shows that this is measured against: fifty where it is full."""
    return int(request.GET.get("rows", 50))


@login_required
def first(request: HttpRequest) -> HttpResponse:
    """Show the newest fifty."""
    rows = Complaint.objects.order_by("-received_at", "-id").values(*_COLUMNS)[: _rows(request)]
    return HttpResponse(_LIST.render({"rows": rows}, request))


@login_required
def due(request: HttpRequest) -> HttpResponse:
    """Show the fifty open ones that are due first."""
    waiting = Complaint.objects.filter(is_open=True).order_by("next_due_at", "id")
    rows = waiting.values(*_COLUMNS)[: _rows(request)]
    return HttpResponse(_LIST.render({"rows": rows}, request))


@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one with all that belongs to it: the same rows as the complaint's page."""
    near = ("category", "owner", "complainant", "site", "team", "recorded_by", "policy")
    row = Complaint.objects.select_related(*near).get(pk=pk)
    entries = Entry.objects.filter(subject_type="complaints.complaint", subject_id=pk)
    kinds = (row.messages, row.notes, row.assessments, row.responses, row.attachments)
    context = {
        "row": row,
        "entries": entries.select_related("actor").order_by("seq"),
        "clocks": row.clocks.all(),
        "written": [item for kind in kinds for item in kind.all()],
    }
    return HttpResponse(_DETAIL.render(context, request))


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Show the newest hits of a question, in one place or anywhere, by one of two ways.

    Which of them is the quicker one depends on the words; who measures takes that one.
    """
    sql = _search_sql(request.GET["way"], _place(request))
    with connection.cursor() as cursor:
        cursor.execute(sql, [request.GET["token"], _rows(request)])
        ids = [row[0] for row in cursor.fetchall()]
    rows = Complaint.objects.filter(pk__in=ids).values(*_COLUMNS)
    return HttpResponse(_LIST.render({"rows": rows}, request))


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Write the rows that a complaint leaves, plainly: no rules, no hashes, no clocks reckoned."""
    said, now = request.POST["description"], timezone.now()
    if not said or request.POST["channel"] not in Channel.values:
        return HttpResponse(status=422)
    with transaction.atomic():
        phone = request.POST["phone"]
        person = Complainant.objects.create(phone=phone, phone_key=phone, created_at=now)
        complaint = Complaint(
            reference=f"C26-{secrets.token_hex(4)}",
            channel=request.POST["channel"],
            description=said,
            complainant=person,
            received_at=now,
            recorded_at=now,
            recorded_by=request.user,
            policy=HandlingPolicy.objects.order_by("-version")[0],
            idempotency_key=request.POST["key"],
        )
        complaint.save()
        for code in ("acknowledge", "assess", "first_action", "respond"):
            Clock.objects.create(
                complaint=complaint,
                cycle=1,
                code=code,
                stage=code,
                hard=False,
                promised_at=now,
                spec={},
                calendar="CN",
                calendar_revision=1,
                started_at=now,
                due_at=now,
                due_date=now.date(),
            )
        place = {"subject_type": "complaints.complaint", "subject_id": complaint.pk, "seq": 1}
        Head.objects.create(**place, hash="0" * 64)
        Entry.objects.create(
            **place,
            kind="complaint.received",
            actor=request.user,
            door="web",
            occurred_at=now,
            recorded_at=now,
            body="{}",
            previous_hash="0" * 64,
            hash="0" * 64,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO complaints_search (rowid, tokens) VALUES (%s, %s)",
                [complaint.pk, said],
            )
    return redirect("/first")


urlpatterns = [
    path("board", rollup.board),
    path("first", first),
    path("due", due),
    path("detail/<int:pk>", detail),
    path("search", search),
    path("create", create),
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
