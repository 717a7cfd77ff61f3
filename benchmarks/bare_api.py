"""The bare references of the API: the same rows and answers by plain Django REST framework.

A view, a serializer, a bearer token looked up by its digest; no rules, no hashes, no clocks
reckoned, no scope.
"""

import hashlib
import secrets

from django.db import connection, transaction
from django.urls import path
from django.utils import timezone
from rest_framework import authentication, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from complaints.models import Clock, Complainant, Complaint, HandlingPolicy
from complaints.states import Channel
from journal.models import Entry, Head
from providers.models import AccessToken, IdempotentAnswer

_WAYS = {
    "index": "SELECT complaint_id FROM complaints_search WHERE vector @@ %s::tsquery"
    " ORDER BY complaint_id DESC LIMIT %s",
    "walk": "SELECT id FROM (SELECT complaint_id AS id, vector FROM complaints_search"
    " ORDER BY complaint_id DESC OFFSET 0) AS hit WHERE vector @@ %s::tsquery LIMIT %s",
}


class Bearer(authentication.BaseAuthentication):
    """A token by its digest."""

    def authenticate(self, request):
        """Return the account."""
        token = request.headers["Authorization"].removeprefix("Bearer ")
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = AccessToken.objects.select_related("client__user").get(digest=digest)
        return found.client.user, found


class ReceivedSerializer(serializers.Serializer):
    """What comes in."""

    channel = serializers.ChoiceField(Channel.choices)
    description = serializers.CharField()
    phone = serializers.CharField(max_length=60)


class ComplaintSerializer(serializers.ModelSerializer):
    """A row as one writes it without a thought."""

    category = serializers.CharField(source="category.code", default=None)
    site = serializers.CharField(source="site.code", default=None)

    class Meta:
        model = Complaint
        fields = [
            "reference",
            "external_id",
            "state",
            "channel",
            "description",
            "category",
            "product",
            "order_number",
            "site",
            "priority",
            "emergency",
            "confidential",
            "received_at",
            "occurred_at",
            "recorded_at",
            "closed_at",
            "next_due_at",
        ]


class Complaints(APIView):
    """Receive, and list the newest."""

    authentication_classes = [Bearer]

    def get(self, _request):
        """Return rows, newest first."""
        rows = Complaint.objects.select_related("category", "site").order_by("-received_at", "-id")
        return Response(ComplaintSerializer(rows[:50], many=True).data)

    def post(self, request):
        """Write the rows that a complaint leaves, plainly."""
        given = ReceivedSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        with transaction.atomic():
            complaint = _written(request, given.validated_data, now)
        return Response(ComplaintSerializer(complaint).data, status=201)


def _written(request, said, now):
    phone = said["phone"]
    person = Complainant.objects.create(phone=phone, phone_key=phone, created_at=now)
    complaint = Complaint.objects.create(
        reference=f"C26-{secrets.token_hex(8)}",
        channel=said["channel"],
        description=said["description"],
        complainant=person,
        received_at=now,
        recorded_at=now,
        recorded_by=request.user,
        policy=HandlingPolicy.objects.order_by("-version")[0],
    )
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
        door="api",
        occurred_at=now,
        recorded_at=now,
        body="{}",
        previous_hash="0" * 64,
        hash="0" * 64,
    )
    _indexed(complaint)
    IdempotentAnswer.objects.create(
        client=request.auth.client,
        key=request.headers["Idempotency-Key"],
        request_digest="0" * 64,
        status=201,
        body="{}",
        made_at=now,
    )
    return complaint


def _indexed(complaint):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO complaints_search (complaint_id, vector)"
                " VALUES (%s, to_tsvector('simple', %s))",
                [complaint.pk, complaint.description],
            )
        else:
            cursor.execute(
                "INSERT INTO complaints_search (rowid, tokens) VALUES (%s, %s)",
                [complaint.pk, complaint.description],
            )


class Search(APIView):
    """The newest hits of a question by one of the two ways that a database has."""

    authentication_classes = [Bearer]

    def get(self, request):
        """Return as many rows as are asked for."""
        with connection.cursor() as cursor:
            asked = [request.GET["token"], int(request.GET["rows"])]
            cursor.execute(_WAYS[request.GET["way"]], asked)
            ids = [row[0] for row in cursor.fetchall()]
        rows = Complaint.objects.select_related("category", "site").filter(pk__in=ids)
        return Response(ComplaintSerializer(rows, many=True).data)


urlpatterns = [
    path("complaints", Complaints.as_view()),
    path("search", Search.as_view()),
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
