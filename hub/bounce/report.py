"""Delivery status notifications (RFC 3464, RFC 6533), as lenient as live mail servers need.

Built on the standard library's message parser. Nothing here decides what a report is worth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from typing import Final

from hub.bounce.mail import Group

STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED_TYPES: Final = frozenset(
    {
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    }
)
"""In which a report returns the mail that it is about, whole or in part."""

MOST_GROUPS: Final = 50
LONGEST_VALUE: Final = 1024
"""Characters of one field that are kept; the raw mail has the rest."""

_ID: Final = re.compile(r"<([^<>\s]{1,255})>")
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b", re.ASCII)
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_BLANK: Final = re.compile(r"\n[ \t]*\n")
_ENCODED: Final = frozenset({"base64", "quoted-printable"})


def fields_of(part: Message) -> list[Message]:
    """Return the groups of fields of a delivery-status part: first of the mail, then of each
    recipient. Groups without any field are left out.
    """  # noqa: D205  # one sentence
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    blocks = _blocks(part)
    if encoding in _ENCODED and not any(block.keys() for block in blocks):
        blocks = _split(_decoded("".join(map(_text, blocks)), encoding))
    elif part.get_content_type() != "message/delivery-status":
        # The parser takes it for a mail: what it calls the body is the recipients' groups.
        blocks = [*blocks, *(more for block in blocks for more in _split(_text(block)))]
    return [block for block in blocks if block.keys()][: MOST_GROUPS + 1]


def groups_of(blocks: list[Message]) -> tuple[Group, ...]:
    """Return what is said of each recipient. A report in one block says it of its only one."""
    return tuple(_group(b) for b in blocks if "action" in b or "final-recipient" in b)


def said(block: Message, name: str) -> str:
    """Return one field's words without controls and comments' line ends; empty where absent."""
    value = block.get(name)
    return "" if value is None else plain(str(value))


def typed(block: Message, name: str) -> tuple[str, str]:
    """Return (type, value) of a field such as `dns; mail.example` or `smtp; 550 no`."""
    value = said(block, name)
    kind, separator, rest = value.partition(";")
    return (kind.strip().lower(), rest.strip()) if separator else ("", value)


def ids_in(value: str) -> tuple[str, ...]:
    """Return the message ids in a header, in their order, at most 50."""
    return tuple(match[1] for match, _ in zip(_ID.finditer(value), range(50), strict=False))


def returned_ids(part: Message) -> tuple[str, ...]:
    """Return the Message-ID of the mail that a report returns."""
    if part.is_multipart():
        mails = _inside(part)[:1]
        return tuple(one for mail in mails for one in ids_in(said(mail, "message-id")))
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    written = _decoded(_text(part), encoding) if encoding in _ENCODED else _text(part)
    return ids_in(said(message_from_string(written.lstrip()), "message-id"))


def plain(value: str) -> str:
    """Return words on one line, no longer than is kept, without what nobody can see."""
    return _UNSEEN.sub(" ", value[: 4 * LONGEST_VALUE]).strip()[:LONGEST_VALUE]


def _group(block: Message) -> Group:
    kind, diagnostic = typed(block, "diagnostic-code")
    status = _STATUS.search(said(block, "status"))
    return Group(
        action=said(block, "action").partition("(")[0].strip().lower(),
        status=status[1] if status else "",
        final=_address(typed(block, "final-recipient")[1]),
        original=_address(typed(block, "original-recipient")[1]),
        diagnostic_type=kind,
        diagnostic=diagnostic,
        remote=typed(block, "remote-mta")[1].partition(" ")[0].lower(),
    )


def _address(value: str) -> str:
    return value.strip().removeprefix("<").removesuffix(">")


def _blocks(part: Message) -> list[Message]:
    return _inside(part) if part.is_multipart() else _split(_text(part))


def _inside(part: Message) -> list[Message]:
    return [one for one in part.get_payload() if isinstance(one, Message)]


def _split(text: str) -> list[Message]:
    pieces = _BLANK.split(text.replace("\r\n", "\n").strip(), maxsplit=MOST_GROUPS + 1)
    return [message_from_string(piece.strip() + "\n\n") for piece in pieces if piece.strip()]


def _text(block: Message) -> str:
    payload = block.get_payload()
    return payload if isinstance(payload, str) else ""


def _decoded(text: str, encoding: str) -> str:
    carrier: Message = Message()
    carrier["Content-Transfer-Encoding"] = encoding
    carrier.set_payload(text)
    octets = carrier.get_payload(decode=True)
    return octets.decode("utf-8", "replace") if isinstance(octets, bytes) else ""


def leaves_of(message: Message, deepest: int) -> Iterator[tuple[Message, int]]:
    """Give every part with its depth, the outermost first. A returned mail is one part: what is
    inside it was said to somebody else. Stops a level below `deepest`.
    """  # noqa: D205  # one sentence
    waiting = [(message, 1)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        payload = part.get_payload()
        if depth > deepest or part.get_content_maintype() != "multipart":
            continue
        if isinstance(payload, list):
            inside = [(p, depth + 1) for p in reversed(payload) if isinstance(p, Message)]
            waiting.extend(inside)
