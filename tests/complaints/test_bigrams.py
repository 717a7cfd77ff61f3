"""Text as the index sees it: every way in which people look for a word finds it."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from complaints.rules.bigrams import (
    MAX_BYTES,
    AllOf,
    AnyOf,
    Node,
    Phrase,
    as_match,
    as_tsquery,
    as_vector,
    bounded,
    bucket_token,
    code_tokens,
    exact,
    fold,
    parse,
    phone_tokens,
    tokens,
)

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
chinese = st.text(st.one_of(HAN, st.sampled_from("，。！ 、1a")), min_size=2, max_size=30)
words = st.lists(st.from_regex(r"[a-zA-Z0-9]{1,12}", fullmatch=True), min_size=1, max_size=8)


def finds(node: Node, found: list[str]) -> bool:
    """Match a query as the databases do."""
    if isinstance(node, Phrase):
        return any(_at(node, found[place:]) for place in range(len(found)))
    some = all if isinstance(node, AllOf) else any
    return some(finds(part, found) for part in node.parts)


def _at(phrase: Phrase, rest: list[str]) -> bool:
    *exact, last = phrase.tokens
    if len(rest) < len(phrase.tokens) or rest[: len(exact)] != exact:
        return False
    here = rest[len(exact)]
    return here.startswith(last) if phrase.prefix else here == last


def test_a_run_becomes_pairs_and_its_last_character():
    assert tokens("退款了，很慢") == ["退款", "款了", "了", "很慢", "慢"]


def test_words_are_compared_without_case_width_and_accents_of_form():
    assert tokens("ＷｉＦｉ Straße, ﬁne_print") == ["wifi", "strasse", "fine", "print"]


@given(chinese, st.integers(0, 29), st.integers(1, 2))
def test_any_one_or_two_characters_of_a_chinese_text_find_it(text, start, length):
    piece = text[start : start + length]
    query = parse(piece)
    assume(query.parts)
    assert finds(query, tokens(text))


@given(chinese, st.integers(0, 29), st.integers(3, 12))
def test_any_longer_stretch_of_chinese_finds_it(text, start, length):
    piece = re.sub(r"[0-9a-z]", "", text[start : start + length])
    query = parse(piece)
    assume(query.parts and piece in text)
    assert finds(query, tokens(text))


@given(st.text(HAN, min_size=3, max_size=8), st.text(HAN, min_size=3, max_size=20))
def test_a_stretch_that_is_not_there_is_not_found(piece, text):
    assume(piece not in text)
    assert not finds(parse(piece), tokens(text))


@given(words, st.integers(0, 7), st.integers(1, 12))
def test_any_beginning_of_any_word_finds_an_english_text(found, which, length):
    assume(which < len(found))
    assert finds(parse(found[which][:length]), tokens(" ".join(found)))


@given(words)
def test_all_words_must_match_in_any_order(found):
    text = " ".join(found)
    assert finds(parse(" ".join(reversed(found))), tokens(text))
    assert not finds(parse(f"{text} absentabsent"), tokens(text))


@given(st.text(max_size=60))
def test_no_input_becomes_an_operator(text):
    query = parse(text)
    spelt = {"(", ")", " ", "&", "|", "<", "-", ">", ":", "*", "'"}
    outside = re.sub(r"'[^']*'", "", as_tsquery(query))
    assert set(outside) <= spelt
    outside = re.sub(r'"[^"]*"', "", as_match(query))
    assert re.fullmatch(r"[()* ]*((AND|OR)[()* ]*)*", outside)
    for token in tokens(text):
        assert not set(token) & set(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


def test_operators_and_quotes_are_words_like_any_other():
    assert parse('a" OR "b* NOT (c') == AllOf(
        tuple(Phrase((w,), prefix=w == "c") for w in ("a", "or", "b", "not", "c"))
    )


def test_nothing_to_look_for_has_no_parts():
    assert parse(" -- “”?! ").parts == ()
    assert parse("").parts == ()


def test_references_are_found_with_and_without_dashes():
    found = code_tokens("C26-AB12-CD34")
    for text in ("C26-AB12-CD34", "c26ab12cd34", "c26-ab12", "ab12-cd34", "c26ab12", "CD34"):
        assert finds(parse(text), found), text
    assert not finds(parse("C26-CD34"), found)


def test_phone_numbers_are_found_however_they_are_spaced_and_by_their_last_digits():
    found = [*code_tokens("138-0013 8000"), *phone_tokens(("138-0013 8000", "+8613800138000"))]
    for text in (
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+86 138 0013 8000",
        "(138)00138000",
        "8000",
        "38000",
        "00138000",
        "1380013",
    ):
        assert finds(parse(text), found), text
    assert not finds(parse("13900138000"), found)
    assert not finds(parse("0013 9000"), found)


def test_an_address_is_found_whole_and_in_parts():
    found = tokens("Wang.Fang@mail.example.com")
    for text in ("wang.fang@mail.example.com", "wang", "fang@mail", "example.com", "WANG.FANG"):
        assert finds(parse(text), found), text
    assert not finds(parse("fang.wang"), found)


def test_a_code_with_chinese_in_it_is_not_joined():
    assert code_tokens("合同2024-17") == ["合同", "同", "2024", "17"]
    assert isinstance(parse("AB-12").parts[0], AnyOf)
    assert isinstance(parse("well-known").parts[0], Phrase)


def test_only_an_enormous_text_is_cut():
    few = tokens("退" * 100)
    assert bounded(few) == few
    many = [f"w{number:038d}" for number in range(40_000)]
    kept = bounded(many)
    assert kept == many[: len(kept)]
    assert 0 < sum(len(token) + 8 for token in kept) <= MAX_BYTES


def test_a_vector_keeps_places_and_the_stretch_of_its_row():
    assert as_vector(["ab", "c", "ab"], bucket_token(5)) == "'ab':1,3 'c':2 '#0'"
    assert bucket_token(16_384) == "#1"
    assert as_vector(["x"] * 300, "#0").count(",") == 254


def test_a_place_beyond_what_the_database_counts_is_left_out():
    found = ["a"] * 16_383 + ["z"]
    assert as_vector(found, "#0").split()[1] == "'z'"


def test_open_ended_terms_are_told_apart():
    query = parse("张伟 款 ref 138-00")
    assert exact(query).parts == (Phrase(("张伟",)), Phrase(("ref",)))
