"""The pure parts: charsets, header fields, HTML, repetitions, identities, addresses."""

import pytest

from complaints.rules.reply_address import (
    bare_subject,
    plain,
    reference_in,
    signed_reply,
    signed_return,
    subject_with_token,
    token_in,
)
from mailroom.rules.charsets import looks_chinese, text_of
from mailroom.rules.checks import is_disowned
from mailroom.rules.headers import addresses, decoded, message_ids
from mailroom.rules.html_text import text_of_html
from mailroom.rules.identity import identity_of
from mailroom.rules.parsing import TooManyPartsError, parse
from mailroom.rules.quotes import parted

REFERENCE = "C26-7QK2-9XWD"


@pytest.mark.parametrize(
    ("raw", "declared"),
    [
        ("投诉处理".encode(), "us-ascii"),
        ("投诉处理".encode("gbk"), "iso-8859-1"),
        ("投诉处理".encode("gb18030"), "gb2312"),
        ("投诉处理".encode("gbk"), "utf-8"),
        ("投诉处理".encode("gbk"), "no such thing"),
        ("投诉处理".encode("utf-16"), ""),
        ("投诉处理".encode(), "base64"),
    ],
)
def test_text_is_read_whatever_it_says_it_is(raw, declared):
    assert text_of(raw, declared) == "投诉处理"


def test_western_text_is_not_taken_for_chinese():
    assert text_of("Käse für größere Mäuse".encode("cp1252"), "iso-8859-1").startswith("Käse")
    assert not looks_chinese(b"plain")


def test_what_no_database_takes_is_left_out():
    assert text_of(b"a\0b\x07c\r\nd", "utf-8") == "abc\nd"
    assert text_of("a\u202eb".encode()) == "ab"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?B?5L2g?= =?utf-8?B?5aW9?=", "你好"),
        ("=?gb2312?B?xOM=?==?gb2312?Q?=BA=C3?=", "你好"),
        ("a =?utf-8?Q?b_c?= d", "a b c d"),
        ("=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("\udcc4\udce3\udcba\udcc3", "你好"),
    ],
)
def test_encoded_words_are_decoded(raw, text):
    assert decoded(raw) == text


def test_addresses_are_found_and_folded():
    assert addresses(['"Lee, Ann" <Ann@Example.COM>, bob@x.cn']) == [
        ("Lee, Ann", "ann@example.com"),
        ("", "bob@x.cn"),
    ]
    assert addresses(["", "nobody", "<>"]) == []


def test_message_ids_are_found_with_and_without_brackets():
    assert message_ids(["<a@b> junk <c@d>", "<a@b>"]) == ["a@b", "c@d"]
    assert message_ids(["a@b"]) == ["a@b"]


def test_html_becomes_what_a_reader_sees():
    html = (
        "<title>x</title><p>One<br>two</p><script>x()</script>"
        "<ul><li>three</li></ul>&amp;<img alt=p>"
    )
    assert text_of_html(html) == "One\ntwo\n\n- three\n&p"


@pytest.mark.parametrize(
    "line",
    [
        "On Wed, 4 Mar 2026, Desk wrote:",
        "-----Original Message-----",
        "------------------ 原始邮件 ------------------",
        "在 2026年3月4日，投诉处理中心 写道：",
        "2026年3月4日 10:00，desk <a@b.cn> 写道：",
        "发件人： desk@x.cn\n发送时间： 2026年3月4日",
        "________________________________",
    ],
)
def test_what_is_repeated_is_told_apart(line):
    new, quoted = parted(f"My answer.\n\n{line}\n> Please send the bill.")
    assert new == "My answer."
    assert quoted.startswith(line.split("\n")[0])


def test_an_answer_between_the_lines_stays_whole():
    text = "> Which bill?\nThis one.\n> And when?\nIn May."
    assert parted(text) == (text, "")
    assert parted("> only a repetition") == ("> only a repetition", "")


def test_what_servers_add_makes_no_other_mail():
    raw = b"From: a@b.cn\nMessage-ID: <x@y>\n\nHello\n"
    more = b"From MAILER\nReceived: by x\nfrom: a@b.cn\nMessage-Id: <x@y>\n\nHello\n\n"
    assert identity_of(raw) == identity_of(more.replace(b"\n", b"\r\n"))
    assert identity_of(raw)[1] == "x@y"
    assert identity_of(raw)[0] != identity_of(raw.replace(b"Hello", b"Hallo"))[0]
    assert identity_of(b"noise one")[0] != identity_of(b"noise two")[0]


def test_too_many_parts_are_refused():
    head = b"Content-Type: multipart/mixed; boundary=p\n\n"
    with pytest.raises(TooManyPartsError):
        parse(head + b"--p\nContent-Type: text/plain\n\nx\n" * 500 + b"--p--\n")


def test_only_the_trusted_server_is_believed():
    assert is_disowned(["mx.us; dmarc=fail"], "mx.us")
    assert not is_disowned(["mx.us; dmarc=pass"], "mx.us")
    assert not is_disowned(["mx.them; dmarc=fail"], "mx.us")
    assert not is_disowned(["mx.us; dmarc=fail"], "")


# --- addresses and subjects ---------------------------------------------------------------------


def test_a_signed_address_says_which_complaint_and_cannot_be_made_by_others():
    address = signed_reply("reply@x.cn", REFERENCE, "key")
    token = token_in(address.upper(), ["new key", "key"])
    assert (token.genuine, token.reference) == (True, REFERENCE)
    assert len(address.partition("@")[0]) <= 64
    assert not token_in(address, ["other key"]).genuine
    assert not token_in(address.replace("9xwd", "9xwe"), ["key"]).genuine
    assert token_in("reply@x.cn", ["key"]) is None
    assert token_in("complaints+china@x.cn", ["key"]) is None
    returned = token_in(signed_return("b@x.cn", 17, "key"), ["key"])
    assert (returned.kind, returned.name, returned.reference) == ("m", "17", "")
    assert plain(address) == "reply@x.cn"


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: Fwd: AW: Kettle", "Kettle"),
        ("回复：转发: 答复： 水壶", "水壶"),
        ("RE[2]: SV: VS: FW： Kettle [C26-7QK2-9XWD]", "Kettle"),
        ("Regarding: Kettle", "Regarding: Kettle"),
        ("", ""),
    ],
)
def test_prefixes_of_answers_are_taken_off(subject, bare):
    assert bare_subject(subject) == bare


def test_a_subject_carries_the_reference_once():
    once = subject_with_token("Your kettle", REFERENCE)
    assert once == f"Your kettle [{REFERENCE}]"
    assert subject_with_token(once, REFERENCE) == once
    assert reference_in(f"答复：【{REFERENCE.lower()}】") == REFERENCE
    assert reference_in(f"about {REFERENCE} without brackets") == ""
