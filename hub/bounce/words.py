"""What a person wrote in a mail, as plain text that a screen may show. Never raises."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from typing import Final

from hub.bounce.mail import ReadAs
from hub.bounce.report import leaves_of
from hub.bounce.sort import DEEPEST, MOST_PARTS, sort

MOST_SHOWN: Final = 20_000
"""Characters; the whole mail is kept, and shown beside it as it came."""

_BIDI: Final = frozenset(
    chr(point) for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)
)
"""Marks that turn the order of what is read around; a reader would be shown other words."""


def written(raw: bytes, sender: str) -> str:
    """Return the plain text of a mail; empty where it has none that can be read."""
    if sort(raw, sender).read_as is ReadAs.UNREADABLE:
        return ""
    try:
        return _plain(_text(BytesParser().parsebytes(raw)))
    except Exception:  # noqa: BLE001 (a mail may hold anything; it is shown as it came beside this)
        return ""


def as_it_came(raw: bytes) -> str:
    """Return the bytes of a mail as text, with nothing in it that moves on a screen."""
    return _plain(raw.decode("utf-8", "replace"))


def _text(message: Message) -> str:
    for number, (part, depth) in enumerate(leaves_of(message, DEEPEST)):
        if depth > DEEPEST or number > MOST_PARTS:
            break
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            return payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
    return ""


def _plain(text: str) -> str:
    shown = text.replace("\r\n", "\n")[:MOST_SHOWN]
    return "".join(c if _shows(c) else "\N{REPLACEMENT CHARACTER}" for c in shown)


def _shows(character: str) -> bool:
    return character in "\n\t" or (character >= " " and character not in _BIDI | {"\x7f"})
