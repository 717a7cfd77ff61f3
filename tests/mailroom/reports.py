"""Reports about letters that did not arrive, as different mail servers write them."""

from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from complaints.models import Message
from complaints.selectors.messages import message_id_of
from complaints.transports import letter_of


def by_the_book(
    letter: Message, *, action: str = "failed", status: str = "5.1.1", recipient: str = ""
) -> bytes:
    """Return a report as RFC 3464 has it, with the whole letter in it."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = "MAILER-DAEMON@mx.example.com"
    report["To"] = "complaints@localhost"
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Return-Path"] = "<>"
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("This is the mail system at host mx.example.com."))
    status_part = EmailMessage()
    status_part["Reporting-MTA"] = "dns; mx.example.com"
    one = EmailMessage()
    one["Final-Recipient"] = f"rfc822; {recipient or letter.to_address}"
    one["Action"] = action
    one["Status"] = status
    one["Diagnostic-Code"] = f"smtp; 550 {status} No such user here"
    part = MIMEMessage(status_part)
    part.set_type("message/delivery-status")
    part.set_payload([status_part, one])
    report.attach(part)
    returned = MIMEMessage(letter_of(letter).message())
    report.attach(returned)
    return report.as_bytes()


def exchange(letter: Message) -> bytes:
    """Return a report as Exchange writes it: only the header fields of the letter."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = "postmaster@corp.example"
    report["To"] = "complaints@localhost"
    report["Subject"] = f"Undeliverable: {letter.subject}"
    report.attach(MIMEText("<p>Your message could not be delivered.</p>", "html"))
    status = MIMEText(
        "Reporting-MTA: dns;corp.example\n\n"
        f"Final-Recipient: rfc822;{letter.to_address}\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp;552 5.2.2 Mailbox full\n",
        "plain",
    )
    raw = report.as_bytes().rstrip()
    boundary = report.get_boundary().encode()
    head = raw.rpartition(b"--" + boundary + b"--")[0]
    return (
        head
        + b"--%s\nContent-Type: message/delivery-status\n\n%s\n"
        % (boundary, status.get_payload().encode())
        + b"--%s\nContent-Type: text/rfc822-headers\n\nMessage-ID: %s\nSubject: x\n\n--%s--\n"
        % (boundary, message_id_of(letter).encode(), boundary)
    )


def qq(letter: Message) -> bytes:
    """Return a report as QQ writes it: HTML in GB18030 for people, the letter attached."""
    report = MIMEMultipart("mixed")
    report["From"] = "=?gb18030?B?UVE=?= <PostMaster@qq.com>"
    report["To"] = "complaints@localhost"
    report["Subject"] = "来自qq.com的退信"
    words = (
        f"<div>抱歉，您的邮件被退回来了……</div><p>收件人：{letter.to_address}</p>"
        "<p>退信原因：550 Mailbox not found. 收件人邮件地址不存在，邮件无法送达。</p>"
    )
    part = MIMEText("", "html")
    part.set_payload(words.encode("gb18030"))
    part.replace_header("Content-Type", 'text/html; charset="gb18030"')
    part.replace_header("Content-Transfer-Encoding", "8bit")
    report.attach(part)
    report.attach(MIMEMessage(letter_of(letter).message()))
    return report.as_bytes()


def qmail(letter: Message) -> bytes:
    """Return a report as qmail writes it: plain text, the letter below a line."""
    return (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@mail.example.net\nTo: complaints@localhost\n"
        b"Subject: failure notice\n\nHi. This is the qmail-send program at mail.example.net.\n"
        b"I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        b"<%s>:\n550 5.1.1 unknown user\n\n--- Below this line is a copy of the message.\n\n"
        b"Message-ID: %s\nSubject: x\n\nHello\n"
        % (letter.to_address.encode(), message_id_of(letter).encode())
    )
