"""What counts as a word, which words are new, and what is never told: numbers, addresses, names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.rules.reading import display, needle, reading, terms_of, words_of
from monitoring.rules.wording import Change, Text, changes, holding, surprise, tail

LEAK = [
    "在北京门店买的热水器装好就漏水，报修电话没人接",
    "热水器漏水！客服李娜没人理，打13812345678也不通",
    "刚装好的热水器漏水，地板泡坏了",
    "热水器又漏水，邮箱 wang@example.cn 没有回复",
    "热水器一直漏水，地板也泡了",
]
USUAL = [
    *("外卖骑手态度恶劣", "退款迟迟未到账", "发票抬头开错", "客服一直不回电话", "物流太慢"),
    *("安装师傅迟到", "退款还没有到", "安装费太高", "洗衣机噪音大", "空调不制冷"),
] * 3
BURST = [
    "The water heater burst and flooded the kitchen.",
    "Our water heater burst overnight, order 99887766.",
    "Water heater burst again; I wrote to a.b@example.com",
    "The new water heater burst after two days",
]
CALM = ["The invoice was wrong.", "My refund is late.", "The driver was rude to me."] * 8


def texts(said: list[str], start: int = 0, who: object = None) -> list[Text]:
    return [Text(start + n, who or start + n, reading(one)) for n, one in enumerate(said)]


def told(now: list[str], before: list[str], **more: object) -> dict[str, Change]:
    found = changes(texts(now), texts(before, 1000), **more)  # type: ignore[arg-type]
    return {term: one for one in found for term in (one.term, *one.also)}


@pytest.mark.clause("CM-8.4")
def test_what_is_new_in_chinese_and_english_is_told_with_its_counts() -> None:
    found = told(LEAK + BURST, USUAL + CALM)
    leak = next(one for term, one in found.items() if "漏水" in term)
    burst = next(one for term, one in found.items() if "water heater burst" in term)
    assert (leak.now, leak.before, leak.ratio) == (5, 0, None)
    assert (burst.now, burst.before, burst.ratio) == (4, 0, None)
    assert 0 < leak.p < 0.001


def test_the_same_texts_twice_have_nothing_new() -> None:
    assert changes(texts(LEAK * 4), texts(LEAK * 4, 100)) == []
    assert changes([], texts(USUAL)) == changes(texts(LEAK), []) == []


def test_neither_numbers_nor_addresses_nor_names_are_told() -> None:
    said = [f"{one} 李娜 13812345678 me@example.com QH2026081299" for one in LEAK]
    shown = " ".join(told(said, USUAL))
    assert "漏水" in shown
    for secret in ("李娜", "138", "example", "qh", "2026"):
        assert secret not in shown
    english = [f"{one} Ask Morgan about it" for one in BURST]
    assert any("morgan" in term for term in told(english, CALM))
    assert not any("morgan" in term for term in told(english, CALM, names=["Alex Morgan"]))


def test_what_one_person_repeats_is_not_told() -> None:
    assert changes(texts(BURST, who=7), texts(CALM, 100)) == []


def test_chance_is_no_news() -> None:
    assert told([*CALM, *BURST[:2]], CALM) == {}
    # Three of thirty against one of thirty happens in every tenth comparison.
    assert told([*BURST[:3], *CALM], [BURST[0], *CALM]) == {}


def test_significance_is_fishers_and_dunnings() -> None:
    assert tail(3, 5, 1, 20) == pytest.approx((10 * 20 + 5) / 12_650)
    assert tail(0, 5, 4, 20) == pytest.approx(1)
    assert surprise(10, 100, 10, 1000) == pytest.approx(22.908, abs=0.001)
    assert surprise(1, 100, 10, 1000) == surprise(1, 100, 20, 1000) == surprise(3, 9, 0, 0) == 0


@given(st.text(alphabet="漏水热器李 ab12.,!’'\n", max_size=40))
def test_a_text_holds_each_of_its_terms_also_as_people_write_it(said: str) -> None:
    text = Text(1, 1, reading(said))
    clauses = list(words_of(text.read))
    alone = terms_of(clauses)
    for term in alone | terms_of(clauses, frozenset(alone)):
        assert term in text.read
        assert needle(display(term)) == term
        assert holding([text], display(term)) == [text]
    assert holding([text], " .") == []
