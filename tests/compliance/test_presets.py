"""The preset files say what they must, and a wrong one is refused by file and field."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from compliance.rules.clocks import ClockSpec, Unit
from compliance.rules.presets import Confidence, PauseReason, PresetError, read_presets
from compliance.selectors import preset_spec, presets
from compliance.selectors.presets import preset_pages

# The codes of domain brief 2.2 to 2.5.
WANTED = [
    "CN-12315-MEDIATION",
    "CN-12315-ODR",
    "CN-CONSUMER-REMEDY",
    "CN-GENERIC",
    "CN-BANK-INS",
    "CN-PBOC-FIN",
    "CN-TELECOM",
    "CN-POST",
    "CN-AIR",
    "CN-TOURISM",
    "CN-APP-PI",
    "CN-PIPL-RIGHTS",
    "CB-NOTIFY",
    "UK-FCA-DISP",
    "UK-FCA-PSD",
    "UK-DP",
    "UK-ADR-INFO",
    "AU-RG271",
    "AU-RG271-SPECIAL",
    "AU-RG271-5BD",
    "US-CFPB",
    "US-REGX",
    "EU-PSD2",
    "EU-ADR-REPLY",
    "EU-GDPR-RIGHTS",
    "EU-DSA-20",
    "HK-BANK",
    "CN-RECALL-REPORT",
    "CN-RECALL-PLAN",
    "CN-FOOD-RECALL",
    "CN-MD-AE",
    "US-MDR",
    "EU-MDR-87",
    "EU-GPSR-20",
    "US-CPSA-15B",
    "AU-ACL-131",
    "CN-BANK-MAJOR",
    "OWN-P0",
    "OWN-P1",
    "OWN-P2",
    "OWN-P3",
]


def has_chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize("code", WANTED)
def test_every_known_rule_is_there_in_both_languages_with_its_source(code):
    preset = presets()[code]
    texts = [preset.names, preset.legal_source, preset.duty, preset.notes]
    texts += [text for clock in preset.clocks for text in (clock.name, clock.note)]
    for text in filter(None, texts):
        assert text.en
        assert not has_chinese(text.en)
        assert has_chinese(text.zh)
    assert preset.confidence in Confidence


def test_figures_from_memory_are_off_until_a_person_confirms_them():
    off = {code for code, preset in presets().items() if not preset.enabled}
    assert off == {
        "CN-PBOC-FIN",
        "CN-APP-PI",
        "AU-RG271-SPECIAL",
        "US-REGX",
        "EU-GDPR-RIGHTS",
        "EU-DSA-20",
        "US-CPSA-15B",
        "AU-ACL-131",
    }
    psd2 = presets()["EU-PSD2"]
    assert psd2.is_enabled(psd2.clock("response"))
    assert not psd2.is_enabled(psd2.clock("final_response"))


def test_waiting_for_the_complainant_stops_no_legal_clock():
    for preset in presets().values():
        for clock in preset.clocks:
            if PauseReason.WAITING_FOR_COMPLAINANT in clock.pause_reasons:
                assert not clock.hard
                assert preset.code.startswith(("OWN-", "CN-GENERIC"))


def test_the_old_mediation_limit_is_kept_with_its_end():
    old, new = presets()["CN-12315-MEDIATION-2020"], presets()["CN-12315-MEDIATION"]
    assert preset_spec(old.code) == ClockSpec(Unit.WORK_DAY, 45)
    assert preset_spec(new.code) == ClockSpec(Unit.CAL_DAY, 60)
    assert old.in_force(date(2026, 4, 14))
    assert not new.in_force(date(2026, 4, 14))
    assert not old.in_force(date(2026, 4, 15))
    assert new.in_force(date(2026, 4, 15))


@pytest.mark.parametrize(
    ("code", "clock", "unit", "amount"),
    [
        ("OWN-P0", "acknowledge", "minute", 30),
        ("OWN-P0", "update", "hour", 4),
        ("OWN-P1", "acknowledge", "hour", 2),
        ("OWN-P2", "acknowledge", "work_day", 1),
        ("OWN-P2", None, "work_day", 10),
        ("OWN-P3", None, "work_day", 5),
        ("CN-MD-AE", "group_event", "hour", 12),
        ("CN-RECALL-REPORT", None, "work_day", 2),
        ("CN-GENERIC", "acknowledge", "work_day", 1),
    ],
)
def test_own_promises_and_reports_have_their_figures(code, clock, unit, amount):
    assert preset_spec(code, clock) == ClockSpec(Unit(unit), amount)


def test_an_unknown_preset_or_clock_is_refused():
    with pytest.raises(LookupError):
        preset_spec("CN-MOON")
    with pytest.raises(LookupError):
        preset_spec("CN-AIR", "moon")


def test_pages_tell_what_is_off_ended_and_to_come():
    pages = {
        page.preset.code: page
        for group in preset_pages(date(2026, 11, 21))
        for page in group.presets
    }
    assert len(pages) == len(presets())
    assert pages["CN-AIR"].status == "enabled"
    assert pages["CN-PBOC-FIN"].status == "off"
    assert pages["CN-12315-MEDIATION-2020"].status == "ended"
    assert pages["EU-ADR-REPLY"].status == "coming"


GOOD: dict[str, Any] = {
    "code": "XX-TEST",
    "names": {"en": "Test", "zh": "测试"},
    "jurisdiction": "CN",
    "legal_source": {"en": "A law", "zh": "某法"},
    "confidence": "P",
    "verified_by": "Somebody",
    "verified_on": date(2026, 11, 21),
    "principal": "answer",
    "clocks": [
        {
            "code": "answer",
            "stage": "respond",
            "name": {"en": "Answer", "zh": "答复"},
            "unit": "work_day",
            "amount": 5,
            "calendar": "CN",
            "hard": True,
            "start_event": "received",
        }
    ],
}


def read(data):
    return read_presets([("test.yaml", {"presets": [data]})])


def test_a_good_preset_is_read():
    assert read(GOOD)["XX-TEST"].clock().spec == ClockSpec(Unit.WORK_DAY, 5)


@pytest.mark.parametrize(
    ("where", "value", "named"),
    [
        (["code"], "lower-case", "code"),
        (["colour"], "red", "colour"),
        (["names"], {"en": "Test"}, "names.zh"),
        (["names"], {"en": "Test", "zh": "Test"}, "names"),
        (["jurisdiction"], "MOON", "jurisdiction"),
        (["confidence"], "Q", "confidence"),
        (["confidence"], "M", "enabled"),
        (["verified_on"], None, "verified_by"),
        (["principal"], "nothing", "principal"),
        (["effective_to"], date(2000, 1, 1), "effective_to"),
        (["clocks"], [], "duty"),
        (["clocks", 0, "unit"], "fortnight", "clocks.0.unit"),
        (["clocks", 0, "amount"], 0, "clocks.0.amount"),
        (["clocks", 0, "amount"], "5", "clocks.0.amount"),
        (["clocks", 0, "hard"], "yes", "clocks.0.hard"),
        (["clocks", 0, "calendar"], "MOON", "clocks.0.calendar"),
        (["clocks", 0, "pause_reasons"], ["waiting_for_complainant"], "pause_reasons"),
        (["clocks", 0, "unit"], "hour", "roll"),
        (["clocks", 0, "extension"], {"max_amount": 9}, "clocks.0.extension.unit"),
    ],
)
def test_a_wrong_preset_is_refused_by_file_and_field(where, value, named):
    data = deepcopy(GOOD)
    data["effective_from"] = date(2020, 1, 1)
    data["clocks"][0]["roll"] = "next_work_day"
    place = data
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    with pytest.raises(PresetError, match=rf"^test\.yaml: .*{named}"):
        read(data)


def test_codes_are_used_once():
    with pytest.raises(PresetError, match="used twice"):
        read_presets([("a.yaml", {"presets": [GOOD]}), ("b.yaml", {"presets": [GOOD]})])
    twice = {**GOOD, "clocks": GOOD["clocks"] * 2}
    with pytest.raises(PresetError, match="same code"):
        read(twice)


@pytest.mark.parametrize("content", [[], {"preset": []}, {"presets": ["text"]}])
def test_a_file_of_another_shape_is_refused(content):
    with pytest.raises(PresetError, match=r"test\.yaml"):
        read_presets([("test.yaml", content)])
