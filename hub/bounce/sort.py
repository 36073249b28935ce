"""What one returned mail is: never raising, whatever its bytes are, and never taking long.

Reports of machines are told from what people write by what the standards ask of them: RFC 3464,
RFC 8098, RFC 5965 and RFC 3834.
"""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from typing import Final

from hub.bounce.guess import groups_in_words
from hub.bounce.mail import ReadAs, Sorted
from hub.bounce.report import (
    RETURNED_TYPES,
    STATUS_TYPES,
    fields_of,
    groups_of,
    ids_in,
    leaves_of,
    returned_ids,
    said,
    typed,
)

MOST_OCTETS: Final = 1024 * 1024
DEEPEST: Final = 8
MOST_PARTS: Final = 50
MOST_LINES: Final = 40_000
"""The parser compares each line with the boundary of each part that is open."""

_NESTING: Final = (b"multipart/", b"message/", b"boundary")
_MACHINES: Final = ("mailer-daemon@", "postmaster@", "mailerdaemon@", "mail-daemon@")
_REPLIED: Final = ("auto-replied", "auto-notified")


def sort(raw: bytes, sender: str) -> Sorted:
    """Return what a mail is, and the keys and groups in it. `sender` is the envelope's."""
    if why := _too_much(raw):
        return _unreadable(why)
    try:
        return _sorted(raw, sender)
    except Exception as fault:  # noqa: BLE001 (a mail may hold anything; its raw bytes are kept)
        return _unreadable(f"the parser stumbled ({type(fault).__name__})")


def _too_much(raw: bytes) -> str:
    if not raw.strip():
        return "it is empty"
    if len(raw) > MOST_OCTETS:
        return "it is longer than 1 MiB"
    if raw.count(b"\n") + raw.count(b"\r") > 2 * MOST_LINES:
        return "it has too many lines"
    lower = raw.lower()
    # Asked before it is parsed: the parser has no bounds of its own.
    if any(lower.count(word) > 4 * MOST_PARTS for word in _NESTING):
        return "it has too many parts"
    return ""


def _sorted(raw: bytes, sender: str) -> Sorted:
    message = BytesParser().parsebytes(raw)
    parts = []
    for part, depth in leaves_of(message, DEEPEST):
        parts.append(part)
        if depth > DEEPEST:
            return _unreadable("its parts are nested too deep")
        if len(parts) > MOST_PARTS:
            return _unreadable("it has too many parts")
    types = {part.get_content_type() for part in parts}
    kind = said(message, "content-type").lower()
    about = _about(message, parts)
    if "message/feedback-report" in types:
        return Sorted(read_as=ReadAs.ABUSE_REPORT, message_ids=about)
    if "message/disposition-notification" in types or "disposition-notification" in kind:
        return Sorted(read_as=ReadAs.READ_RECEIPT, message_ids=about)
    for part in parts:
        if part.get_content_type() in STATUS_TYPES and (found := _report(part, about)):
            return found
    return _without_report(raw, message, sender, about)


def _report(part: Message, about: tuple[str, ...]) -> Sorted | None:
    blocks = fields_of(part)
    groups = groups_of(blocks)
    if not groups:
        return None
    first = blocks[0]
    return Sorted(
        read_as=ReadAs.DELIVERY_REPORT,
        groups=groups,
        reporter=typed(first, "reporting-mta")[1].partition(" ")[0].lower().rstrip("."),
        envelope_id=said(first, "original-envelope-id"),
        message_ids=about,
    )


def _without_report(raw: bytes, message: Message, sender: str, about: tuple[str, ...]) -> Sorted:
    marked = said(message, "auto-submitted").partition(";")[0].strip().lower()
    if marked.startswith(_REPLIED):
        return Sorted(read_as=ReadAs.AUTOMATIC_REPLY, message_ids=about)
    machine = _from_a_machine(message, sender)
    # What a person writes is never searched for a bounce: it may quote one.
    groups = groups_in_words(raw) if machine else ()
    if groups:
        return Sorted(
            read_as=ReadAs.DELIVERY_REPORT, groups=groups, message_ids=about, in_words=True
        )
    if _automatic(message, marked):
        return Sorted(read_as=ReadAs.AUTOMATIC_REPLY, message_ids=about)
    if machine:
        return _unreadable("a mail server wrote it, and it is no report that is known", about)
    if not message.keys():
        return _unreadable("it has no headers", about)
    return Sorted(read_as=ReadAs.HUMAN_REPLY, message_ids=about)


def _from_a_machine(message: Message, sender: str) -> bool:
    if not sender.strip("<> "):
        return True
    written = f"{sender} {said(message, 'from')}".lower()
    return any(name in written for name in _MACHINES)


def _automatic(message: Message, marked: str) -> bool:
    """Whether it is marked as no person's own answer (RFC 3834, 5), or as replies marked before."""
    precedence = said(message, "precedence").lower()
    return (
        marked not in {"", "no"}
        or precedence in {"auto_reply", "auto-reply"}
        or (
            any(
                name in message
                for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress")
            )
            and "in-reply-to" not in message
        )
    )


def _about(message: Message, parts: list[Message]) -> tuple[str, ...]:
    """Return the ids of the mail it returns, or else of the mail it answers."""
    returned = [i for p in parts if p.get_content_type() in RETURNED_TYPES for i in returned_ids(p)]
    if returned:
        return tuple(dict.fromkeys(returned))
    return tuple(dict.fromkeys(ids_in(said(message, "in-reply-to"))))


def _unreadable(why: str, about: tuple[str, ...] = ()) -> Sorted:
    return Sorted(read_as=ReadAs.UNREADABLE, why=why, message_ids=about)
