"""What a mail is, told by its header fields: a person's letter or a machine's. Pure."""

import re
from email.message import Message

from mailroom.rules import headers
from mailroom.rules.bounces import Report

_AUTO_SUBJECT = re.compile(
    r"""^\s*(?:\[[^\]]{0,40}\]\s*)?(?:
        auto(?:matic|mated)?[-\s]?(?:reply|response|answer)\b | autoreply\b | auto\s*[:：]
      | out\ of\ (?:the\ )?office\b | ooo\s*[:：] | away\ from\ (?:my|the)\ (?:office|desk)
      | (?:\[|【|（)?\s*(?:自动|自動)(?:回复|回覆|答复|答覆|应答)
      | (?:休假|外出|不在办公室|出差|假期)(?:自动|通知|回复|中|期间)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ANSWERS_BY_ITSELF = ("X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Mail-Autoreply")
# The values of mailroom.states.Kind: rules know no tables.
LETTER, AUTO_REPLY, AUTOMATIC = "letter", "auto_reply", "automatic"
BOUNCE, DELAY = "bounce", "delay"
_BULK = {"bulk", "junk", "list"}


def kind_of(mail: Message, report: Report | None) -> str:
    """Return what a mail is.

    An automatic reply says so, or has no way back and no report in it. What only hints at a
    machine (Precedence, X-Auto-Response-Suppress) is automatic: never answered, but shown.
    """
    if report is not None:
        return BOUNCE if report.failed else DELAY
    submitted = headers.field(mail, "Auto-Submitted").lower()
    if (
        submitted.startswith("auto-replied")
        or any(mail[name] is not None for name in _ANSWERS_BY_ITSELF)
        or headers.field(mail, "Precedence").lower() == "auto_reply"
        or _AUTO_SUBJECT.match(headers.field(mail, "Subject"))
        or headers.raw_field(mail, "Return-Path").strip() == "<>"
    ):
        return AUTO_REPLY
    if (
        submitted not in {"", "no"}
        or headers.field(mail, "Precedence").lower() in _BULK
        or mail["X-Auto-Response-Suppress"] is not None
        or mail["X-Loop"] is not None
    ):
        return AUTOMATIC
    return LETTER
