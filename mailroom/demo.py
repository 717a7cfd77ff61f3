"""The demo's mail: answers, an absence note, a letter that came back, what waits for a person."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User
from complaints.models import Complaint, Message
from complaints.states import MessageChannel, MessageState, State
from mailroom.models import Mail
from mailroom.services.files import take_files
from mailroom.services.sorting import sort_mail
from mailroom.services.taking_in import take_in
from mailroom.services.triage import put_aside
from mailroom.states import Aside, MailState

_HOUR = timedelta(hours=1)
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Let some mail come in during the last days."""
    _answers(now)
    _after_the_end(now)
    _returned(now)
    _unknown(now)
    waiting = Mail.objects.filter(state=MailState.WAITING).count()
    say(f"mail: {Mail.objects.count()} came in, {waiting} wait for a person")


def _come(mail: EmailMessage, at: datetime) -> Mail:
    mail["Date"] = format_datetime(at)
    row, _new = take_in(chunks=[mail.as_bytes()], door="demo", arrived_at=at, at=at)
    sort_mail(mail_id=row.pk, at=at)
    return take_files(mail_id=row.pk, at=at)


def _mail(sender: str, subject: str, text: str, **fields: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    mail["Subject"] = subject
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def _letters(**fields: object) -> QuerySet[Message]:
    """Return letters that have gone out, the newest first."""
    return (
        Message.objects.filter(
            channel=MessageChannel.EMAIL,
            state=MessageState.SENT,
            to_user__isnull=True,
            complaint__confidential=False,
            **fields,
        )
        .exclude(to_address="")
        .select_related("complaint__complainant")
        .order_by("-sent_at")
    )


def _answers(now: datetime) -> None:
    letters = _open_letters()
    if not letters:
        return
    for letter, make in zip(letters, (_photo, _absence, _wife), strict=False):
        at = max(now - 5 * _HOUR, (letter.sent_at or now - 6 * _HOUR) + _HOUR)
        if at < now:
            _come(make(letter), at)


def _open_letters() -> list[Message]:
    """Return the newest letter of each of three open complaints in Chinese."""
    found: dict[int, Message] = {}
    for letter in _letters(complaint__is_open=True, language="zh-hans")[:60]:
        if letter.sent_at is not None:
            found.setdefault(letter.complaint_id, letter)
    return list(found.values())[:3]


def _header(letter: Message) -> str:
    """Return what an answer to a letter names: its Message-ID."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{letter.delivery_id}@{domain}>"


def _sender(letter: Message) -> str:
    person = letter.complaint.complainant
    return f"{person.name if person else ''} <{letter.to_address}>"


def _photo(letter: Message) -> EmailMessage:
    mail = _mail(
        _sender(letter),
        f"回复：{letter.subject} [{letter.complaint.reference}]",
        "您好：\n\n购买发票见附件。机器现在还是老样子，麻烦尽快安排人上门看看，"
        "我工作日晚上七点以后都在家。\n\n谢谢！\n\n"
        "------------------ 原始邮件 ------------------\n请您补充购买凭证。",
        In_Reply_To=_header(letter),
    )
    mail.add_attachment(_PDF, maintype="application", subtype="pdf", filename="购买发票.pdf")
    mail.add_attachment(
        b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="照片查看器.exe"
    )
    return mail


def _absence(letter: Message) -> EmailMessage:
    return _mail(
        _sender(letter),
        f"自动回复：{letter.subject}",
        "您好，我正在休假，下周一回来后处理邮件。如有急事请致电。",
        In_Reply_To=_header(letter),
        Auto_Submitted="auto-replied",
    )


def _wife(letter: Message) -> EmailMessage:
    return _mail(
        "林晓 <linxiao88@example.net>",
        f"回复：{letter.subject} [{letter.complaint.reference}]",
        "我是他爱人，他出差了。请把处理结果发到我这个邮箱，另外我们的电话换了。",
        In_Reply_To=_header(letter),
    )


def _after_the_end(now: datetime) -> None:
    letter = _letters(
        complaint__state__in=[State.CLOSED, State.FOLLOWED_UP],
        complaint__closed_at__lt=now - timedelta(days=5),
    ).first()
    if letter is not None:
        text = "修好用了不到两个星期，同样的毛病又出现了。这件事还没有完，请你们重新处理。"
        subject = f"Re: {letter.subject} [{letter.complaint.reference}]"
        _come(_mail(_sender(letter), subject, text), now - 20 * _HOUR)


def _returned(now: datetime) -> None:
    letter = _letters(complaint__state=State.ACKNOWLEDGED, sent_at__lt=now - 2 * _HOUR).first()
    if letter is None:
        return
    mail = _mail(
        "PostMaster@qq.com",
        "来自qq.com的退信",
        "抱歉，您的邮件被退回来了。\n\n"
        f"收件人：{letter.to_address}\n退信原因：550 5.1.1 Mailbox not found 收件人地址不存在\n\n"
        f"原邮件 Message-ID: {_header(letter)}\n",
        Return_Path="<>",
    )
    _come(mail, now - _HOUR)


def _unknown(now: datetime) -> None:
    to = {"Delivered_To": "info@localhost"}
    _come(
        _mail(
            "newsletter@expo.example.com",
            "春季家电展邀请函",
            "诚邀贵司参加春季家电展，早鸟价本周截止。",
            List_Unsubscribe="<mailto:off@expo.example.com>",
        ),
        now - 30 * _HOUR,
    )
    spam = Mail.objects.latest("pk")
    clerk = User.objects.filter(memberships__role="agent", is_active=True).first()
    if clerk is not None:
        put_aside(mail_id=spam.pk, why=Aside.NEWSLETTER, actor=clerk, at=now - 29 * _HOUR)
    guessed = Complaint.objects.filter(is_open=True, confidential=False).first()
    if guessed is not None:
        _come(
            _mail(
                "service@refund-center.example.org",
                f"Re: [{guessed.reference}]",
                "您的退款已批准，请回复银行卡号和验证码以便到账。",
            ),
            now - 9 * _HOUR,
        )
    automatic = _mail(
        "noreply@parcel.example.com",
        "包裹签收通知",
        "您的包裹 SF1234567 已由前台签收。本邮件由系统自动发送，请勿回复。",
        Auto_Submitted="auto-generated",
        **to,
    )
    _come(automatic, now - 3 * _HOUR)
