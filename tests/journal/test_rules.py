"""The arithmetic of the record."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from journal.rules import (
    GENESIS,
    canonical,
    entry_hash,
    fault_line,
    instant,
    next_pause,
    seal_digest,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
PAYLOADS = st.dictionaries(st.text(max_size=8), PLAIN)
TEXTS = st.lists(st.text().map(lambda text: text.replace("\x1f", "")), min_size=1)


@given(PAYLOADS)
def test_the_order_of_keys_makes_no_difference(payload):
    assert canonical(payload) == canonical(dict(reversed(payload.items())))


@given(PAYLOADS)
def test_canonical_text_holds_no_separator(payload):
    assert "\x1f" not in canonical(payload)


@given(TEXTS, TEXTS)
def test_different_fields_have_different_hashes(some, others):
    same = entry_hash(GENESIS, some) == entry_hash(GENESIS, others)
    assert same == (some == others)


@given(TEXTS, st.text("0123456789abcdef", min_size=64, max_size=64))
def test_the_hash_depends_on_the_entry_before(fields, previous):
    same = entry_hash(GENESIS, fields) == entry_hash(previous, fields)
    assert same == (previous == GENESIS)


def test_moving_a_character_to_the_next_field_changes_the_hash():
    assert entry_hash(GENESIS, ["ab", "c"]) != entry_hash(GENESIS, ["a", "bc"])


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])))
def test_an_instant_is_the_same_text_in_every_zone(at):
    assert instant(at) == instant(at.astimezone(timezone(timedelta(hours=-5))))


def test_a_seal_needs_the_key():
    assert seal_digest("key", GENESIS, "2026-03-02", 1, "d") != seal_digest(
        "other", GENESIS, "2026-03-02", 1, "d"
    )


def test_pauses_grow_to_four_hours_and_stay_there():
    pauses = [next_pause(attempts) for attempts in range(1, 21)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=5)
    assert pauses[-1] == timedelta(hours=4)


def test_a_fault_is_told_without_the_data_it_quotes():
    try:
        raise OSError(111, "no route to anna@example.org")
    except OSError as error:
        line = fault_line(error)
    assert line.startswith("ConnectionRefusedError (111) at journal/test_rules.py:")
    assert "anna" not in line


def test_a_fault_that_was_never_raised_has_no_place():
    assert fault_line(ValueError("anna@example.org")) == "ValueError"


def test_the_year_one_is_an_instant_too():
    assert instant(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000+00:00"
