"""Which files may be attached, told by what they contain, and names that do no harm. Pure."""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass

HEAD = 4096  # bytes from the beginning that are enough to tell a type
MAX_NAME = 200
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")
_HEADER_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t]")
_VIDEO_BRANDS = (
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"dash",
    b"M4V ",
    b"MSNV",
    b"3gp4",
    b"3gp5",
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


@dataclass(frozen=True)
class Kind:
    """A type of file: what it is served as, and how its content is recognised.

    `fits` is given the first HEAD bytes and, of a zip container, the names inside.
    """

    content_type: str
    fits: Callable[[bytes, Collection[str]], bool]
    inline: bool = False  # may be shown in the browser on request


def _starts(*beginnings: bytes) -> Callable[[bytes, Collection[str]], bool]:
    return lambda head, _inside: head.startswith(beginnings)


def _riff(form: bytes) -> Callable[[bytes, Collection[str]], bool]:
    return lambda head, _inside: head[:4] == b"RIFF" and head[8:12] == form


def _brand(*brands: bytes) -> Callable[[bytes, Collection[str]], bool]:
    return lambda head, _inside: head[4:8] == b"ftyp" and head[8:12] in brands


def _office(folder: str) -> Callable[[bytes, Collection[str]], bool]:
    def fits(head: bytes, inside: Collection[str]) -> bool:
        return (
            head.startswith(b"PK\x03\x04")
            and "[Content_Types].xml" in inside
            and any(name.startswith(f"{folder}/") for name in inside)
            # A document with macros is a program with another name.
            and not any(name.lower().endswith("vbaproject.bin") for name in inside)
        )

    return fits


def _open_document(form: bytes) -> Callable[[bytes, Collection[str]], bool]:
    mark = b"mimetypeapplication/vnd.oasis.opendocument." + form
    return lambda head, _inside: head.startswith(b"PK\x03\x04") and head[30:].startswith(mark)


def _pdf(head: bytes, _inside: Collection[str]) -> bool:
    return b"%PDF-" in head[:1024]


def _mp3(head: bytes, _inside: Collection[str]) -> bool:
    return head.startswith(b"ID3") or (
        head[:1] == b"\xff" and head[1:2] in {b"\xfb", b"\xf3", b"\xf2", b"\xfa"}
    )


def _text(head: bytes, _inside: Collection[str]) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte in _CONTROL for byte in head)


def _mail(head: bytes, inside: Collection[str]) -> bool:
    return _text(head, inside) and _HEADER_LINE.match(head.lstrip()) is not None


KINDS: dict[str, Kind] = {
    "pdf": Kind("application/pdf", _pdf, inline=True),
    "png": Kind("image/png", _starts(b"\x89PNG\r\n\x1a\n"), inline=True),
    "jpg": Kind("image/jpeg", _starts(b"\xff\xd8\xff"), inline=True),
    "jpeg": Kind("image/jpeg", _starts(b"\xff\xd8\xff"), inline=True),
    "gif": Kind("image/gif", _starts(b"GIF87a", b"GIF89a"), inline=True),
    "webp": Kind("image/webp", _riff(b"WEBP"), inline=True),
    "heic": Kind("image/heic", _brand(*_HEIC_BRANDS)),
    "txt": Kind("text/plain", _text),
    "csv": Kind("text/csv", _text),
    "eml": Kind("message/rfc822", _mail),
    "docx": Kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _office("word")
    ),
    "xlsx": Kind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _office("xl")
    ),
    "pptx": Kind(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", _office("ppt")
    ),
    "odt": Kind("application/vnd.oasis.opendocument.text", _open_document(b"text")),
    "ods": Kind("application/vnd.oasis.opendocument.spreadsheet", _open_document(b"spreadsheet")),
    "mp3": Kind("audio/mpeg", _mp3),
    "wav": Kind("audio/wav", _riff(b"WAVE")),
    "m4a": Kind("audio/mp4", _brand(b"M4A ", b"M4B ", *_VIDEO_BRANDS)),
    "ogg": Kind("audio/ogg", _starts(b"OggS")),
    "amr": Kind("audio/amr", _starts(b"#!AMR")),
    "mp4": Kind("video/mp4", _brand(*_VIDEO_BRANDS)),
    "mov": Kind("video/quicktime", _brand(b"qt  ")),
}
INLINE_TYPES = frozenset(kind.content_type for kind in KINDS.values() if kind.inline)


def extension_of(name: str) -> str:
    """Return the extension of a file name, lower case, without the dot."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def is_container(head: bytes) -> bool:
    """Return whether the names inside must be looked at before the type can be told."""
    return head.startswith(b"PK\x03\x04")


def safe_name(name: str) -> str:
    """Return a file name without folders, without characters that hide or reorder, not too long."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "_", re.sub(r"\s+", " ", name)).strip(" .")
    extension = extension_of(name)
    if len(name) > MAX_NAME and extension:
        return name[: MAX_NAME - len(extension) - 1].rstrip() + f".{extension}"
    return name[:MAX_NAME]
