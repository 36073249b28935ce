"""A notice as one email to one contact: bytes made once, that a standard parser reads back exactly.

Built by hand since the standard library's `EmailMessage` takes 3 to 5 ms a message (delivery.md);
the tests prove every form of these bytes against it (RFC 5322, 2045 to 2047, 3834).
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from hub.compose.sender import Sender
from hub.vocabulary import DeliveryId, HubError, Lane

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN: Final = rf"{_LABEL}(?:\.{_LABEL})*"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}")
_DOMAIN_ALONE: Final = re.compile(_DOMAIN)
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_FILE: Final = re.compile(r"[a-z][a-z-]{0,30}\.html")
_PLAIN_NAME: Final = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LONGEST_ADDRESS: Final = 254  # RFC 5321, 4.5.3.1.3
_LONGEST_NAME: Final = 100
_WORD_OCTETS: Final = 42  # an encoded word of 42 octets is 68 characters; at most 75 (RFC 2047, 2)

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class UnfitForHeader(HubError):
    """A header would hold a character, an address or a length that mail cannot carry safely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What one email is made from."""

    delivery: DeliveryId
    to: str = field(repr=False)
    reference: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    lane: Lane
    sent: datetime
    pack: str = ""
    """Which policy decided: partnership, version and the beginning of the hash (M001)."""
    files: tuple[tuple[str, str], ...] = ()
    """Pages of HTML that go with it, each with a plain name such as `easy-read.html`."""


@lru_cache(maxsize=5_000)
def fit_address(address: str) -> bool:
    """Whether an address can stand in a header as it is: ASCII, one mailbox, nothing hidden."""
    return len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None


def email_bytes(mail: Mail, sender: Sender) -> bytes:
    """Return the message: multipart/alternative, text first, both UTF-8 in quoted-printable.

    It names its one reader and nobody else. Raises UnfitForHeader for a header that hides or
    breaks something: control, bidi, zero-width or non-ASCII characters, or no plain address.
    """
    if not fit_address(mail.to):
        raise UnfitForHeader("(To)")
    if not _ID.fullmatch(mail.delivery):
        raise UnfitForHeader("(Message-ID)")
    head = (
        f"{_from(sender.from_name, sender.from_address)}\r\n"
        f"{_reply_to(mail.delivery, sender)}"
        f"To: <{mail.to}>\r\n"
        f"Subject: {_one_line('Subject', mail.reference)}\r\n"
        f"Date: {_date(mail.sent)}\r\n"
        f"Message-ID: <{mail.delivery}@{_domain(sender.message_id_domain)}>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        f"{_urgency(mail.lane)}"
        f"{_policy(mail.pack)}"
        "MIME-Version: 1.0\r\n"
        "Content-Language: en-GB\r\n"
    )
    # Quoted-printable never holds `=_`, so the boundary cannot come up in a part (RFC 2045, 6.7).
    boundary = f"=_{mail.delivery}"
    words = b"".join(
        (
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode(),
            _part(boundary, "plain", mail.text),
            _part(boundary, "html", mail.html),
            f"--{boundary}--\r\n".encode(),
        )
    )
    return head.encode("ascii") + (_with_files(mail, words) if mail.files else words)


def _with_files(mail: Mail, words: bytes) -> bytes:
    """Return the words, and each page as a file beside them (RFC 2046, 5.1.3; RFC 2183)."""
    boundary = f"=_{mail.delivery}-files"
    return b"".join(
        (
            f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"\r\n\r\n'.encode(),
            f"--{boundary}\r\n".encode() + words,
            *(_part(boundary, "html", page, name) for name, page in mail.files),
            f"--{boundary}--\r\n".encode(),
        )
    )


def _part(boundary: str, kind: str, content: str, name: str = "") -> bytes:
    # The last line end belongs to the boundary (RFC 2046, 5.1.1), so the content keeps its own.
    encoded = b2a_qp(f"{content}\n".replace("\n", "\r\n").encode(), istext=True)
    return (
        f"--{boundary}\r\n"
        f"Content-Type: text/{kind}; charset=utf-8\r\n"
        f"{_as_file(name)}"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode() + encoded


def _as_file(name: str) -> str:
    if not name:
        return ""
    if not _FILE.fullmatch(name):
        raise UnfitForHeader("(Content-Disposition)")
    return f'Content-Disposition: attachment; filename="{name}"\r\n'


def _reply_to(delivery: DeliveryId, sender: Sender) -> str:
    if sender.reply_to is None:
        return ""
    address = sender.reply_to(delivery)
    if not fit_address(address):
        raise UnfitForHeader("(Reply-To)")
    return f"Reply-To: <{address}>\r\n"


def _urgency(lane: Lane) -> str:
    # Urgency travels here and not in the subject (notices.md).
    return "Importance: high\r\nX-Priority: 1\r\n" if lane is Lane.IMMEDIATE else ""


def _policy(pack: str) -> str:
    return f"X-Policy-Pack: {_one_line('X-Policy-Pack', pack)}\r\n" if pack else ""


def _date(moment: datetime) -> str:
    return _date_in_utc(moment.astimezone(UTC))


@lru_cache(maxsize=200)
def _date_in_utc(utc: datetime) -> str:
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {utc.day:02} {month} {utc.year:04} {utc:%H:%M:%S} +0000"


def _domain(domain: str) -> str:
    if not _DOMAIN_ALONE.fullmatch(domain):
        raise UnfitForHeader("(Message-ID)")
    return domain


def _one_line(name: str, value: str) -> str:
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise UnfitForHeader(f"({name})")
    return value


@lru_cache(maxsize=64)
def _from(name: str, address: str) -> str:
    if not fit_address(address) or not name or name != name.strip() or len(name) > _LONGEST_NAME:
        raise UnfitForHeader("(From)")
    if any(unicodedata.category(char) in _UNSEEN for char in name):
        raise UnfitForHeader("(From)")
    if len(name) < _WORD_OCTETS and _PLAIN_NAME.fullmatch(name) and "=?" not in name:
        return f"From: {name}\r\n <{address}>"
    words = "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in _octets(name))
    return f"From: {words}\r\n <{address}>"


def _octets(name: str) -> Iterator[bytes]:
    """Cut a name into pieces of whole characters that each fit one encoded word."""
    piece = b""
    for char in name:
        octets = char.encode()
        if len(piece) + len(octets) > _WORD_OCTETS:
            yield piece
            piece = b""
        piece += octets
    yield piece
