"""What somebody wrote, apart from what their mail program repeated of our letter. Pure."""

import re

# The lines by which mail programs begin the repetition, in the languages people write to us in.
_BEGINS = re.compile(
    r"""^\s*(?:
        -{2,}\s*(?:
          (?:original|forwarded)\ message | (?:原始|原|转发)邮件(?:信息)? | 回复的原邮件
        )\s*-{2,}.*
      | _{20,}
      | on\ .{4,200}\ wrote:
      | (?:在|于).{4,200}(?:写道|写到|寫道)\s*[:：]
      | .{0,80}\d{4}.{1,60}(?:写道|寫道)\s*[:：]
      | (?:from|发件人|寄件者)\s*[:：]\s*.{1,200}
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADER_LIKE = re.compile(
    r"^\s*(?:sent|date|to|subject|发送时间|发送日期|日期|收件人|主题|主題)\s*[:：]", re.IGNORECASE
)
_FROM_LINE = re.compile(r"^\s*(?:from|发件人|寄件者)\s*[:：]", re.IGNORECASE)


def parted(text: str) -> tuple[str, str]:
    """Return the new words and what is repeated. Without new words, everything is new."""
    lines = text.split("\n")
    place = next((i for i in range(len(lines)) if _begins(lines, i)), len(lines))
    new, quoted = "\n".join(lines[:place]).strip(), "\n".join(lines[place:]).strip()
    return (new, quoted) if new else (text.strip(), "")


def _begins(lines: list[str], place: int) -> bool:
    line = lines[place]
    if line.startswith(">"):
        # A repetition that is answered piece by piece belongs to the answer.
        return all(not rest.strip() or rest.startswith(">") for rest in lines[place:])
    if not _BEGINS.match(line):
        return False
    if _FROM_LINE.match(line):
        return any(_HEADER_LIKE.match(rest) for rest in lines[place + 1 : place + 4])
    return True
