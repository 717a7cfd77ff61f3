"""What a handling policy may say: every rule refuses, and names the place."""

from copy import deepcopy

import pytest
from pydantic import ValidationError

from complaints.rules.policy import Fault, PolicyContent, faults_in
from complaints.rules.policy_file import PolicyFileError, read_policy_file, write_policy_file
from complaints.selectors.policy_words import (
    FAULT_WORDS,
    differences,
    fault_text,
    item_text,
    path_text,
    value_text,
)
from complaints.services.policy import default_content


@pytest.fixture
def content():
    return default_content().model_dump(mode="json")


def put(content, path, value):
    """Return the content with one place changed; `path` is written as the faults write it."""
    changed = deepcopy(content)
    here = changed
    *way, last = path.split(".")
    for part in way:
        here = here[int(part)] if part.isdigit() else here[part]
    if isinstance(here, list):
        here[int(last)] = value
    else:
        here[last] = value
    return changed


def index_of(content, section, code):
    return [item["code"] for item in content[section]].index(code)


def test_the_default_has_no_fault(content):
    assert faults_in(content) == []


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("clocks.3.amount", 0, Fault("clocks.3.amount", "greater_than_equal", {"ge": 1})),
        ("clocks.3.amount", 4000, Fault("clocks.3.amount", "less_than_equal", {"le": 3650})),
        ("clocks.3.amount", "x", "int_parsing"),
        ("clocks.3.unit", "fortnight", "enum"),
        ("clocks.3.stage", "lunch", "literal_error"),
        ("clocks.3.code", "Über", "string_pattern_mismatch"),
        ("clocks.16.pause_reasons", ["complainant"], "hard_waits"),
        ("clocks.0.roll", "next_work_day", "hours_never_roll"),
        ("clocks.1.code", "ack_p0", Fault("clocks.1.code", "twice", {"value": "ack_p0"})),
        ("clocks.2.categories", ["nowhere"], "unknown_category"),
        ("redress.approver", "100", "approver_below_owner"),
        ("redress.currency", "yuan", "string_pattern_mismatch"),
        ("redress.owner", "-1", "greater_than_equal"),
        ("redress.owner", "1.234", "decimal_max_places"),
        ("silence.first_reminder_after_days", 30, "reminder_after_end"),
        ("silence.reminders", 0, "greater_than_equal"),
        ("escalation.2.level", 7, Fault("escalation.2.level", "level_gap", {"expected": 3})),
        ("escalation.1.at_percent", 101, "less_than_equal"),
        ("categories.3.parent", "nowhere", "unknown_parent"),
        ("categories.3.parent", "product.not_as_ordered", "under_itself"),
        ("categories.3.parent", None, "not_under_top_class"),
        ("categories.3.names.zh", " ", "string_too_short"),
        ("causes.1.code", "design", "twice"),
        ("routes.1.code", "court", None),
        ("windows.repeat_days", 0, "greater_than_equal"),
        ("follow_up.gate", "never", "literal_error"),
        ("wanted.phone", ["shoe_size"], None),
        ("default_priority", "P9", "literal_error"),
        ("emergency_words.property_loss", ["x" * 61], None),
        ("colour", "blue", "extra_forbidden"),
        ("routes", [], "too_short"),
        ("causes", [], "too_short"),
    ],
)
def test_each_rule_refuses_and_names_the_place(content, path, value, fault):
    found = faults_in(put(content, path, value))
    assert found
    if isinstance(fault, Fault):
        assert fault in found
    elif fault is not None:
        assert fault in [item.code for item in found]
        assert path in [item.path for item in found]
    assert found[0].path.startswith(path.split(".")[0])
    with pytest.raises(ValidationError):
        PolicyContent.model_validate(put(content, path, value))


def test_all_faults_are_told_at_once(content):
    wrong = put(put(content, "clocks.3.amount", 0), "redress.approver", "1")
    del wrong["windows"]
    assert [(fault.path, fault.code) for fault in faults_in(wrong)] == [
        ("clocks.3.amount", "greater_than_equal"),
        ("redress.approver", "approver_below_owner"),
        ("windows", "missing"),
    ]


@pytest.mark.parametrize("top", ["product", "service", "process", "person"])
@pytest.mark.clause("CM-8.2a")
def test_the_four_top_classes_cannot_be_taken_away(content, top):
    content["categories"] = [
        item for item in content["categories"] if not item["code"].startswith(top)
    ]
    assert Fault("categories", "top_class_missing", {"value": top}) in faults_in(content)


@pytest.mark.parametrize(("stage", "code"), [("acknowledge", "ack"), ("respond", "respond")])
def test_every_priority_needs_both_its_time_limits(content, stage, code):
    del content["clocks"][index_of(content, "clocks", code)]
    assert Fault("clocks", f"no_{stage}_clock", {"priority": "P2"}) in faults_in(content)


def test_all_priorities_must_be_described(content):
    content["priorities"] = content["priorities"][1:]
    assert "priorities_incomplete" in [fault.code for fault in faults_in(content)]


@pytest.mark.parametrize("nonsense", [None, [], "policy", 7])
def test_what_is_no_policy_at_all_is_refused(nonsense):
    assert [fault.path for fault in faults_in(nonsense)] == [""]


def test_clocks_are_found_by_stage_priority_channel_and_class(content):
    index = index_of(content, "clocks", "ack")
    extra = {
        **content["clocks"][index],
        "code": "ack_social",
        "channels": ["social"],
        "categories": ["product"],
    }
    says = PolicyContent.model_validate({**content, "clocks": [*content["clocks"], extra]})

    def found(**where):
        return [
            clock.code for clock in says.clocks_for(stage="acknowledge", priority="P2", **where)
        ]

    assert found() == ["ack"]
    assert found(channel="social") == ["ack"]
    assert found(channel="social", categories=frozenset({"product"})) == ["ack", "ack_social"]
    assert found(channel="phone", categories=frozenset({"product"})) == ["ack"]
    assert says.priority("P0").needs_approval


# --- words -----------------------------------------------------------------------------------


def test_every_own_rule_has_a_sentence():
    for code in ("hard_waits", "twice", "level_gap", "unknown_team", "unconfirmed"):
        assert code in FAULT_WORDS
    assert str(fault_text(Fault("x", "greater_than_equal", {"ge": 3}))) == "At least 3."
    assert str(fault_text(Fault("x", "never_heard_of"))) == "This value is not possible here."


def test_places_are_told_in_words():
    assert path_text("clocks.3.amount") == "Time limits › row 4 › Amount"
    assert path_text("") == "The whole policy"
    assert path_text("wanted.phone.0") == "Wanted information › Phone › row 1"


def test_values_are_told_in_words():
    assert value_text("clocks.ack.unit", "work_day") == "working days"
    assert value_text("wanted.phone", ["site", "contact"]) == "Site, A way to reach the complainant"
    assert value_text("clocks.ack.hard", value=True) == "yes"
    assert value_text("clocks.ack.preset", None) == ""
    assert item_text("escalation", {"names": {"en": "Boss", "zh": "主管"}}) == "Boss"


def test_differences_name_what_came_went_changed_and_moved(content):
    changed = deepcopy(content)
    changed["silence"]["days"] = 45
    changed["clocks"][2]["amount"] = 3
    changed["routes"].pop(3)
    changed["causes"].append({"code": "weather", "names": {"en": "Weather", "zh": "天气"}})
    changed["priorities"].reverse()
    found = {item.path: item for item in differences(content, changed)}
    assert set(found) == {
        "silence.days",
        "clocks.ack.amount",
        "routes.arbitration",
        "causes.weather",
        "priorities",
    }
    assert (found["silence.days"].old, found["silence.days"].new) == ("30", "45")
    assert found["silence.days"].kind == "changed"
    assert found["clocks.ack.amount"].words == "Time limits › Acknowledge › Amount"
    assert found["routes.arbitration"].kind == "removed"
    assert found["causes.weather"].kind == "added"
    assert found["causes.weather"].new == "Weather (weather)"
    assert found["priorities"].new == "P3, P2, P1, P0"
    assert differences(content, content) == []


# --- files -----------------------------------------------------------------------------------


def test_a_file_reads_back_to_the_same_content_with_its_lines(content):
    text = write_policy_file(content, heading="Policy\nof today")
    file = read_policy_file(text)
    assert file.content == content
    assert text.splitlines()[file.line_of("silence.days") - 1].strip() == "days: 30"
    assert file.line_of("silence.hours.of.nothing") == file.line_of("silence")
    assert file.line_of("nowhere") == file.line_of("")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "empty", 1),
        ("a: 1\nb: [", "no_yaml", 2),
        ("a: &here 1", "reference", 1),
        ("a: 1\nb: *a", "reference", 2),
        ("a: 1\nb: 2\na: 3", "key_twice", 3),
        ("[" * 50, "too_deep", 1),
        ("a: !!python/object/apply:os.getcwd []", "no_yaml", 1),
        ("a: \x00", "no_yaml", 1),
        ("a: 2026-99-99", "no_yaml", 1),
    ],
)
def test_a_file_that_is_no_plain_yaml_is_refused_with_its_line(text, code, line):
    with pytest.raises(PolicyFileError) as refused:
        read_policy_file(text)
    assert (refused.value.code, refused.value.line) == (code, line)
