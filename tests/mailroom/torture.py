"""Two hundred mails as nobody should send them, and as somebody does; the same each time."""

import base64
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from random import Random

from complaints.models import Complaint
from complaints.selectors.messages import message_id_of
from complaints.transports import letter_of as as_sent
from tests.mailroom.mails import letter_of
from tests.mailroom.reports import by_the_book, exchange, qmail, qq

SEED = 3464
COUNT = 200
WORDS = "水壶又漏水了，请尽快处理。"
_CHARSETS = ("gb2312", "gbk", "gb18030", "big5", "utf-8", "utf-16", "shift_jis", "koi8-r", "utf-7")
_LIES = (
    "us-ascii",
    "iso-8859-1",
    "utf-8",
    "x-unknown",
    "",
    "windows-1252",
    "gb2312",
    "rot13",
    "zip",
)

Maker = Callable[["Torturer", int], bytes]


class Torturer:
    """Makes the mails; `complaints` are known to the desk, each with a letter that went out."""

    def __init__(self, complaints: list[Complaint]) -> None:
        """Begin with the seed."""
        self.rng = Random(SEED)
        self.complaints = complaints

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """Yield each mail with what it is."""
        makers = [getattr(type(self), name) for name in sorted(vars(type(self))) if name[0] == "m"]
        makers = [maker for maker in makers if maker is not Torturer.mails]
        for number in range(COUNT):
            maker: Maker = makers[number % len(makers)]
            yield f"{number}:{maker.__name__}", maker(self, number)

    # --- building ------------------------------------------------------------------------------

    def head(self, number: int, **fields: str) -> bytes:
        """Return usual header fields; `fields` replace or add to them."""
        usual = {
            "From": f"Customer {number} <customer{number}@example.org>",
            "To": "complaints@localhost",
            "Subject": f"Mail number {number}",
            "Date": "Wed, 04 Mar 2026 11:00:00 +0800",
            "Message-ID": f"<{number}.{self.rng.randrange(10**9)}@torture.example.org>",
        }
        for name, value in fields.items():
            usual[name.replace("_", "-")] = value
        lines = [f"{name}: {value}" for name, value in usual.items()]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n"

    def plain(self, number: int, body: str = WORDS, **fields: str) -> bytes:
        """Return a plain mail."""
        kind = b"Content-Type: text/plain; charset=utf-8\r\n"
        return self.head(number, **fields) + kind + b"\r\n" + body.encode() + b"\r\n"

    def complaint(self) -> Complaint:
        """Return some complaint of the desk."""
        return self.rng.choice(self.complaints)

    def noise(self, size: int) -> bytes:
        """Return bytes without any sense."""
        return self.rng.randbytes(size)

    # --- charsets ------------------------------------------------------------------------------

    def m_charset_as_declared(self, number: int) -> bytes:
        name = _CHARSETS[number % len(_CHARSETS)]
        body = WORDS.encode(name, "replace")
        return (
            self.head(number)
            + b"Content-Type: text/plain; charset=%s\r\n\r\n" % name.encode()
            + body
        )

    def m_charset_lied_about(self, number: int) -> bytes:
        lie = _LIES[number % len(_LIES)]
        body = WORDS.encode("gb18030")
        return (
            self.head(number)
            + b"Content-Type: text/plain; charset=%s\r\n\r\n" % lie.encode()
            + body
        )

    def m_headers_of_eight_bits(self, number: int) -> bytes:
        name = "张三".encode("gbk")
        head = b"From: %s <customer%d@example.org>\r\nTo: complaints@localhost\r\n" % (name, number)
        return head + b"Subject: " + "投诉".encode("gb18030") + b"\r\n\r\n" + WORDS.encode("gbk")

    def m_words_cut_within_a_character(self, number: int) -> bytes:
        raw = "退款问题没有人处理".encode("gb18030")
        cut = [raw[start : start + 5] for start in range(0, len(raw), 5)]
        words = [f"=?gb2312?B?{base64.b64encode(piece).decode()}?=" for piece in cut]
        return self.plain(number, Subject="\r\n ".join(words))

    def m_encoded_words_that_are_wrong(self, number: int) -> bytes:
        wrong = ("=?utf-8?B?5L2g5aW!!?=", "=?nonsense?Q?=ZZ=4?=", "=?utf-8?X?abc?=", "=?==?=")
        return self.plain(number, Subject=wrong[number % 4], From=f"{wrong[0]} <x{number}@a.cn>")

    def m_file_names(self, number: int) -> bytes:
        names = (
            "filename*=utf-8''%E5%8F%91%E7%A5%A8.pdf",
            "filename*0*=gb18030''%B7%A2; filename*1*=%C6%B1.pdf",
            'filename="=?utf-8?B?5Y+R56WoLnBkZg==?="',
            'filename="../../etc/passwd.pdf"',
            "filename*=utf-8''%00%FF.pdf",
            "filename*=nonsense'xx'%B7%A2.pdf",
            f'filename="{"x" * 900}.pdf"',
        )
        return self.with_part(
            number,
            b"Content-Type: application/pdf\r\nContent-Disposition: attachment; %s"
            b"\r\n\r\n%%PDF-1.7\n" % names[number % len(names)].encode(),
        )

    def with_part(self, number: int, part: bytes, words: str = WORDS) -> bytes:
        """Return a mail of words and one more part."""
        bound = b"b%d" % number
        return (
            self.head(number)
            + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n" % bound
            + b"--%s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n"
            % (bound, words.encode())
            + b"--%s\r\n%s\r\n--%s--\r\n" % (bound, part, bound)
        )

    # --- structure -----------------------------------------------------------------------------

    def m_nested(self, number: int) -> bytes:
        inner = self.plain(number, "innermost")
        for _level in range(3 + number % 40):
            inner = self.head(number) + b"Content-Type: message/rfc822\r\n\r\n" + inner
        return inner

    def m_deep_multiparts(self, number: int) -> bytes:
        depth = (10, 90, 900)[number % 3]
        head = b"".join(
            b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n" % (level, level)
            for level in range(depth)
        )
        return self.head(number) + head + b"\r\n" + WORDS.encode()

    def m_many_parts(self, number: int) -> bytes:
        parts = b"".join(
            b"--p\r\nContent-Type: text/plain\r\n\r\npart %d\r\n" % part for part in range(700)
        )
        return self.head(number) + b"Content-Type: multipart/mixed; boundary=p\r\n\r\n" + parts

    def m_broken_boundaries(self, number: int) -> bytes:
        kinds = (
            b"multipart/mixed",
            b"multipart/mixed; boundary=",
            b'multipart/report; boundary="x',
        )
        return (
            self.head(number)
            + b"Content-Type: %s\r\n\r\n--x\r\n\r\n" % kinds[number % 3]
            + self.noise(80)
        )

    def m_broken_base64(self, number: int) -> bytes:
        return self.with_part(
            number,
            b"Content-Type: application/pdf; name=a.pdf\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n"
            b"JVBERi0=====!!!" + self.noise(60),
        )

    def m_no_headers(self, number: int) -> bytes:
        return f"\r\n{WORDS} {number}\r\n".encode()

    def m_only_headers(self, number: int) -> bytes:
        return self.head(number).rstrip()

    def m_noise(self, number: int) -> bytes:
        return b"%d" % number + self.noise(300 + number)

    def m_nuls(self, number: int) -> bytes:
        made = self.plain(number, f"before\0after {number}", Subject="nul\0nul")
        return made.replace(b"<customer", b"<cust\0omer") if number % 2 else made

    def m_huge(self, number: int) -> bytes:
        return self.plain(number, f"{WORDS}\n" * 9000)

    def m_long_header(self, number: int) -> bytes:
        return self.plain(number, Subject="very " * 9000, References="<a@b.cn> " * 5000)

    def m_html_only(self, number: int) -> bytes:
        html = (
            "<html><head><style>p{}</style><script>fetch('http://x.example/')</script></head>"
            f"<body><p>{WORDS}<img src='http://x.example/p.gif' alt='photo'></p><!-- <p>no</p>"
        )
        return self.head(number) + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()

    def m_odd_dates(self, number: int) -> bytes:
        dates = ("yesterday", "Wed, 99 Mar 9999 99:99:99 +9999", "", "Thu, 1 Jan 1 00:00:00 GMT")
        return self.plain(number, Date=dates[number % 4])

    def m_odd_senders(self, number: int) -> bytes:
        senders = (
            "",
            "nobody",
            "<>",
            "a@b@c",
            "undisclosed-recipients:;",
            "x" * 400 + "@y.cn",
            '"@" <a@b',
        )
        return self.plain(number, From=senders[number % len(senders)])

    # --- files ---------------------------------------------------------------------------------

    def m_winmail(self, number: int) -> bytes:
        return self.with_part(
            number,
            b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n\x78\x9f\x3e\x22"
            + self.noise(90),
        )

    def m_zip_bomb(self, number: int) -> bytes:
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
            bomb.writestr("word/zeros", bytes(3_000_000))
        name = (b"bomb.zip", b"bomb.docx")[number % 2]
        return self.with_part(
            number,
            b"Content-Type: application/zip; name=%s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s"
            % (name, base64.encodebytes(packed.getvalue())),
        )

    def m_program(self, number: int) -> bytes:
        return self.with_part(
            number, b"Content-Type: image/png; name=photo.png\r\n\r\nMZ\x90\x00" + self.noise(50)
        )

    # --- answers, true and false ---------------------------------------------------------------

    def m_answer(self, number: int) -> bytes:
        complaint = self.complaint()
        return self.plain(
            number,
            From=complaint.complainant.email,
            In_Reply_To=message_id_of(letter_of(complaint)),
            Subject="回复： 关于您的投诉",
        )

    def m_answer_by_token(self, number: int) -> bytes:
        complaint = self.complaint()
        return self.plain(
            number, From=complaint.complainant.email, Subject=f"答复: [{complaint.reference}]"
        )

    def m_forged_answer(self, number: int) -> bytes:
        complaint = self.complaint()
        name = complaint.reference.replace("-", "").lower()[1:]
        ways = (
            {"Subject": f"Re: [{complaint.reference}]"},
            {"To": f"complaints+c{name}-0123456789abcdef@localhost"},
            {"In_Reply_To": message_id_of(letter_of(complaint))},
        )
        return self.plain(number, From=f"eve{number}@evil.example", **ways[number % 3])

    def m_auto_reply(self, number: int) -> bytes:
        complaint = self.complaint()
        ways = (
            {"Auto_Submitted": "auto-replied"},
            {"Subject": "自动回复: 您好"},
            {"Return_Path": "<>"},
            {"X_Auto_Response_Suppress": "All", "Precedence": "bulk"},
        )
        return self.plain(
            number,
            From=complaint.complainant.email,
            In_Reply_To=message_id_of(letter_of(complaint)),
            **ways[number % 4],
        )

    def m_machine(self, number: int) -> bytes:
        ways = (
            {"Auto_Submitted": "auto-generated"},
            {"List_Id": "<news.shop.example>", "Precedence": "list"},
            {"Return_Path": "<>"},
            {"X_Loop": "yes"},
        )
        return self.plain(number, **ways[number % 4])

    def m_report(self, number: int) -> bytes:
        letter = letter_of(self.complaint())
        return (by_the_book, exchange, qq, qmail)[number % 4](letter)

    def m_loop(self, number: int) -> bytes:
        if number % 2:
            return as_sent(letter_of(self.complaint())).message().as_bytes()
        return self.plain(number, From="complaints@localhost", To="complaints@localhost")

    def m_same_id(self, number: int) -> bytes:
        return self.plain(
            number, f"{WORDS}{number % 3}", Message_ID="<the-same@torture.example.org>"
        )

    def m_flood(self, number: int) -> bytes:
        return self.plain(number, From="flood@example.org")
