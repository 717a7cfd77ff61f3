"""Many complaints, quickly and alike on each run: over two years of them, two in a hundred open.

Rows are copied in, but each is what the verbs would have left: chained entries with their heads,
the search index, running clocks for what is open. However many there are, they are spread over the
same span of time and over the same people, so that sizes differ in nothing but size.
"""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, transaction
from django.db.models.base import ModelState

from accounts.models import Site, Team, User
from accounts.services import create_site, create_team, create_user, grant_role, system_user
from complaints.models import Category, Clock, Complainant, Complaint
from complaints.rules.bigrams import as_vector, bounded, bucket_token
from complaints.selectors.policy import policy_in_force
from complaints.services.policy import install_default_policy
from complaints.services.searching import tokens_of
from complaints.services.templates import install_default_templates
from journal.models import Entry, Head
from journal.rules import GENESIS, canonical, entry_hash
from journal.services.recording import hashed_fields

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
STORY_ZH = (
    "{product}装好第{n}天就出现{fault}，联系客服{m}次都没有人处理，要求尽快{wish}。"
    "订单尾号{tail}，家里有老人和孩子，实在等不起。"
)
STORY_EN = (
    "The {product} shows {fault} after {n} days. I called {m} times and nobody helped. I ask for "
    "{wish} soon. The order ends in {tail}; we have small children and cannot wait."
)
FAULTS_ZH = (
    "漏水",
    "异响",
    "不制冷",
    "跳闸",
    "屏幕花屏",
    "霉变",
    "宽带中断",
    "漏电",
    "噪音大",
    "无法开机",
)
FAULTS_EN = (
    "a leak",
    "noise",
    "no cooling",
    "tripping",
    "a broken screen",
    "mould",
    "shocks",
    "rust",
)
PRODUCTS = ("清泉3号热水器", "清风X空调", "极光500冰箱", "净浪8洗衣机", "Aqua 3 heater", "Breeze X")
WISHES_ZH, WISHES_EN = ("退款", "换货", "维修", "赔偿"), ("a refund", "an exchange", "a repair")
OPEN_SHARE = 0.02
UNOWNED_SHARE = 0.15  # of what is open
SPAN = timedelta(days=833)
SITES = TEAMS = 12
HANDLERS = 48
PASSWORD = "only for a benchmark"
EVERYWHERE, ONE_SITE, ONE_TEAM = "bench", "bench-site", "bench-team"
COPY_BATCH = 20_000
_KINDS = ("complaint.received", "complaint.responded", "complaint.closed")
_SAID = {
    "channel": "phone",
    "policy": 1,
    "missing": [],
    "repeat_of": None,
    "finding": "upheld",
    "remedy": "none",
    "amount": "0",
    "currency": "CNY",
    "basis": "accepted",
    "cause": "",
}


def prepare() -> None:
    """Set up organisation and policy, those who will read, and those who own what there is."""
    at = NOW - timedelta(days=3000)
    install_default_policy(at=at)
    install_default_templates(at=at)
    sites = [
        create_site(code=f"s{n}", name_en=f"Site {n}", name_zh=f"门店{n}", actor=None, at=at)
        for n in range(SITES)
    ]
    teams = [
        create_team(code=f"t{n}", name_en=f"Team {n}", name_zh=f"班组{n}", actor=None, at=at)
        for n in range(TEAMS)
    ]

    def person(name: str, *grants: dict[str, Any]) -> None:
        user = create_user(username=name, password=PASSWORD, display_name=name, actor=None, at=at)
        for grant in grants:
            grant_role(user=user, actor=None, at=at, **grant)

    person(EVERYWHERE, {"role": "manager"}, {"role": "agent"})
    person(ONE_SITE, {"role": "manager", "site": sites[3]})
    person(ONE_TEAM, {"role": "agent", "team": teams[5]})
    for number in range(HANDLERS):
        person(f"handler{number}", {"role": "handler", "team": teams[number % TEAMS]})


def fill(upto: int) -> None:
    """Fill an empty house with so many complaints, and let the database take stock of them."""
    rng = Random(upto)
    for start in range(0, upto, COPY_BATCH):
        _batch(start, min(COPY_BATCH, upto - start), SPAN / upto, rng)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("INSERT INTO complaints_search(complaints_search) VALUES ('optimize')")
            cursor.execute("ANALYZE")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in (Complaint, Complainant, Clock, Entry, Head):
            name = table._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"
                f" (SELECT max(id) FROM {name}))"
            )
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT gin_clean_pending_list('complaints_search_words')")


def _like(pattern: Any, **values: Any) -> Any:
    """Return a row like another but for these values: ten times as quick as to make one."""
    row = object.__new__(type(pattern))
    row.__dict__.update(pattern.__dict__, _state=ModelState(), **values)
    return row


class _Patterns:
    """What all rows of a batch have in common, and who and what they are shared out among."""

    def __init__(self) -> None:
        """Read what there is."""
        system = system_user()
        self.sites = list(Site.objects.order_by("pk"))
        self.teams = list(Team.objects.order_by("pk"))
        self.categories = list(Category.objects.filter(parent__isnull=False).order_by("pk"))
        # A handler's team is that of what they own; the manager and the agent own a little too.
        self.handlers = list(User.objects.filter(username__startswith="handler").order_by("pk"))
        self.others = list(User.objects.filter(username__in=(EVERYWHERE, ONE_SITE, ONE_TEAM)))
        self.person = Complainant()
        self.complaint = Complaint(recorded_by=system, policy=policy_in_force(NOW))
        self.head = Head(subject_type="complaints.complaint", seq=len(_KINDS))
        self.clock = Clock(
            cycle=1,
            code="respond",
            stage="respond",
            hard=False,
            spec={"unit": "work_day", "amount": 10, "day0_counts": False, "roll": "none"},
            calendar="CN",
            calendar_revision=1,
            told_percent=100,
        )
        self.entry = Entry(
            subject_type="complaints.complaint", actor=system, door="web", address="127.0.0.1"
        )

    def owner(self, number: int, rng: Random, *, is_open: bool) -> int | None:
        """Return whose a complaint is."""
        if is_open and rng.random() < UNOWNED_SHARE:
            return None
        if rng.random() < 0.02:
            return rng.choice(self.others).pk
        team = number // SITES % TEAMS
        return self.handlers[team + TEAMS * rng.randrange(HANDLERS // TEAMS)].pk


def _batch(start: int, size: int, step: timedelta, rng: Random) -> None:
    patterns = _Patterns()
    people, complaints, entries, heads, clocks, vectors = [], [], [], [], [], []
    clock_id = (Clock.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    first_entry = (Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    for number in range(start + 1, start + size + 1):
        received = NOW - SPAN + step * (number - rng.random())
        person = _like(
            patterns.person,
            id=number,
            name=f"{'王李张刘陈杨'[number % 6]}{'芳伟娜洋洁敏磊青'[number % 8]}",
            phone=f"138{number:08d}",
            phone_key=f"+86138{number:08d}",
            customer_number=f"K{number:07d}",
            customer_key=f"K{number:07d}",
            created_at=received,
        )
        complaint = _complaint(patterns, number, received, rng)
        complaint._state.fields_cache["complainant"] = person
        if complaint.is_open:
            clocks.append(
                _like(
                    patterns.clock,
                    id=clock_id + len(clocks),
                    complaint_id=number,
                    started_at=received,
                    due_at=complaint.next_due_at,
                    due_date=complaint.next_due_at.date(),
                    promised_at=complaint.next_due_at,
                )
            )
        chain = _chain(patterns, first_entry + len(entries), complaint, received)
        entries += chain
        heads.append(_like(patterns.head, subject_id=number, hash=chain[-1].hash))
        people.append(person)
        complaints.append(complaint)
        vectors.append((number, _searched(number, bounded(tokens_of(complaint)))))
    _copy(people)
    _copy(complaints)
    _copy(clocks)
    _copy(entries)
    _copy(heads, without=("id",))
    on_postgresql = connection.vendor == "postgresql"
    columns = ("complaint_id", "vector") if on_postgresql else ("rowid", "tokens")
    _copy_rows("complaints_search", columns, iter(vectors))


def _complaint(patterns: _Patterns, number: int, received: datetime, rng: Random) -> Complaint:
    is_open = rng.random() < OPEN_SHARE
    zh = rng.random() < 0.8
    product = rng.choice(PRODUCTS)
    said = (STORY_ZH if zh else STORY_EN).format(
        product=product,
        n=rng.randint(2, 60),
        m=rng.randint(1, 9),
        fault=rng.choice(FAULTS_ZH if zh else FAULTS_EN),
        wish=rng.choice(WISHES_ZH if zh else WISHES_EN),
        tail=rng.randint(1000, 9999),
    )
    state: dict[str, Any] = {
        "state": "followed_up",
        "closed_at": received + timedelta(days=9),
        "followed_up_at": received + timedelta(days=9),
        "closure_basis": "accepted",
        "answer": "accepted",
    }
    if is_open:
        due = received + timedelta(days=rng.uniform(5, 15))
        state = {"state": rng.choice(("received", "acknowledged", "assessed"))}
        state |= {"next_due_at": due, "next_due_stage": "respond"}
    if state["state"] in {"assessed", "followed_up"}:
        state["severity"] = _severity(number)
    return _like(
        patterns.complaint,
        id=number,
        reference=f"C26-{number:08d}",
        channel=rng.choice(("phone", "web", "email", "in_person")),
        description=f"{said} 求购绝版说明书" if number % 50_000 == 77 else said,
        product=product,
        order_number=f"QH{number:09d}",
        complainant_id=number,
        received_at=received,
        recorded_at=received,
        site_id=patterns.sites[number % SITES].pk,
        team_id=patterns.teams[number // SITES % TEAMS].pk,
        owner_id=patterns.owner(number, rng, is_open=is_open),
        category_id=rng.choice(patterns.categories).pk,
        priority=rng.choice(("P1", "P2", "P2", "P3")),
        confidential=number % 97 == 0,
        is_open=is_open,
        **state,
    )


def _severity(number: int) -> str:
    """Return a severity: some are frequent, one in twenty is high, one in two thousand critical."""
    if number % 2_000 == 0:
        return "critical"
    if number % 20 == 0:
        return "high"
    return "moderate" if number % 3 else "low"


def _chain(patterns: _Patterns, pk: int, complaint: Complaint, at: datetime) -> list[Entry]:
    link = GENESIS
    body = canonical({"v": 1, "state": str(complaint.state), "cycle": 1, **_SAID})
    chain = []
    for seq, kind in enumerate(_KINDS, start=1):
        entry = _like(
            patterns.entry,
            id=pk + seq - 1,
            subject_id=complaint.pk,
            seq=seq,
            kind=kind,
            occurred_at=at,
            recorded_at=at,
            body=body,
            previous_hash=link,
        )
        entry.hash = link = entry_hash(link, hashed_fields(entry))
        chain.append(entry)
    return chain


def _searched(number: int, tokens: list[str]) -> str:
    if connection.vendor == "postgresql":
        return as_vector(tokens, bucket_token(number))
    return " ".join(tokens)


def _copy(rows: list[Any], *, without: tuple[str, ...] = ()) -> None:
    if not rows:
        return
    fields = [f for f in type(rows[0])._meta.concrete_fields if f.column not in without]
    as_they_are = {str, int, bool, type(None)}
    if connection.vendor == "postgresql":
        as_they_are |= {datetime, date}

    def stored(field: Any, value: Any) -> Any:
        if type(value) in as_they_are:
            return value
        return field.get_db_prep_save(value, connection)

    def values() -> Iterator[tuple[Any, ...]]:
        for row in rows:
            held = row.__dict__
            yield tuple(stored(field, held[field.attname]) for field in fields)

    _copy_rows(type(rows[0])._meta.db_table, tuple(f.column for f in fields), values())


def _copy_rows(table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    if connection.vendor != "postgresql":
        marks = ", ".join(["%s"] * len(columns))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(rows))
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)


# How the columns of `as_csv` become complaints.
MAP = {
    "source": "benchmark",
    "names": {"en": "Benchmark", "zh": "基准"},
    "timezone": "Asia/Shanghai",
    "fields": {
        "external_id": "id",
        "channel": "channel",
        "description": "story",
        "received_at": "received",
        "closed_at": "closed",
        "product": "product",
        "anonymous": {"value": True},
    },
}


def as_csv(rows: int, *, part: int = 0) -> io.BytesIO:
    """Return a file to import, or another part of it; its ids differ from run to run."""
    out = io.StringIO()
    out.write("id,received,closed,channel,product,story\n")
    first = Complaint.objects.count() + part * rows
    for number in range(first, first + rows):
        day = NOW - timedelta(days=number % 900 + 20)
        story = STORY_ZH.format(
            product=PRODUCTS[number % 6],
            n=number % 50,
            m=3,
            fault=FAULTS_ZH[number % 10],
            wish="退款",
            tail=number,
        )
        out.write(f"B{number},{day:%Y-%m-%d},{day:%Y-%m-%d},phone,{PRODUCTS[number % 6]},{story}\n")
    return io.BytesIO(out.getvalue().encode())
