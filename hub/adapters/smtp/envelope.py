"""The envelope of one mail: who it is for, who it bounces to, and what the relay is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import lru_cache
from typing import Final

from email_validator import EmailNotValidError, validate_email

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
"""Controls, bidirectional marks, zero-width characters, spaces: nothing one can see."""
_LONGEST_LINE: Final = 998
_DIGITS: Final = re.compile(r"[0-9]{1,20}")
_PLAIN: Final = re.compile(r"[!-*,-<>-~]*")
"""Characters that xtext leaves as they are (RFC 3461, 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One mail to one recipient, as it goes to the relay."""

    sender: str
    """The bounce address of this delivery."""
    recipient: str = field(repr=False)
    id: str
    """ENVID: the attempt's id, which comes back in delivery status notifications."""
    message: bytes = field(repr=False)
    """The stored bytes, ending in CRLF."""

    @property
    def international(self) -> bool:
        """Whether the envelope or the headers need SMTPUTF8 (RFC 6531)."""
        headers = self.message.partition(b"\r\n\r\n")[0]
        return not (self.recipient.isascii() and self.sender.isascii() and headers.isascii())

    def lacks(self, offered: Mapping[str, str]) -> str:
        """Say what this mail needs that the relay does not offer; an empty string: nothing."""
        if self.international and "smtputf8" not in offered:
            return "the relay does not offer SMTPUTF8, which this mail needs"
        if not self.message.isascii() and "8bitmime" not in offered:
            return "the relay does not offer 8BITMIME, which this mail needs"
        most = offered.get("size", "")
        # 0, or nothing, says that there is no fixed limit (RFC 1870, 4).
        if _DIGITS.fullmatch(most) and 0 < int(most) < len(self.message):
            return f"the mail has {len(self.message)} octets, and the relay takes {most} at most"
        return ""

    def mail(self, offered: Mapping[str, str]) -> bytes:
        """Return the MAIL command, with what is offered asked for."""
        words = [f"MAIL FROM:<{self.sender}>"]
        if "size" in offered:
            words.append(f"SIZE={len(self.message)}")
        if not self.message.isascii():
            words.append("BODY=8BITMIME")
        if self.international:
            words.append("SMTPUTF8")
        if "dsn" in offered:
            words += ["RET=HDRS", f"ENVID={xtext(self.id)}"]
        return " ".join(words).encode("utf-8")

    def rcpt(self, offered: Mapping[str, str]) -> bytes:
        """Return the RCPT command, asking for word of success, failure and delay where offered."""
        words = [f"RCPT TO:<{self.recipient}>"]
        if "dsn" in offered:
            kind = "rfc822" if self.recipient.isascii() else "utf-8"
            original = self.recipient if kind == "utf-8" else xtext(self.recipient)
            words += ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT={kind};{original}"]
        return " ".join(words).encode("utf-8")


def xtext(value: str) -> str:
    """Encode a value as xtext (RFC 3461, 4)."""
    if _PLAIN.fullmatch(value):
        return value
    octets = value.encode("utf-8")
    return "".join(
        chr(octet) if _PLAIN.fullmatch(chr(octet)) else f"+{octet:02X}" for octet in octets
    )


@lru_cache(maxsize=4096)
def address_fault(address: str, domains: tuple[str, ...] = ()) -> str:
    """Say what is wrong with a recipient's address; an empty string: nothing.

    Libraries rewrite what they cannot read: `a@b,c@d` becomes one of the two. So the address
    must be exactly what a parser finds in it, and in one of the domains the agency has listed.
    """
    if any(unicodedata.category(character) in _UNSEEN for character in address):
        return "the address holds characters that cannot be seen"
    if parseaddr(address)[1] != address:
        return "the address is not one plain address"
    try:
        # Whether the domain exists is for the relay to say; the tests' own domains may exist too.
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "the address is not well formed"
    domain = found.ascii_domain.lower()
    if domains and not any(_within(domain, listed.lower().rstrip(".")) for listed in domains):
        return "the address is outside the agency's domains"
    return ""


def message_fault(message: bytes) -> str:
    """Say why these bytes cannot travel unchanged (RFC 5321, 2.3.8 and 4.5.3.1.6), or nothing.

    Bare line ends are also how one mail is smuggled inside another.
    """
    # Counted and cut, not searched by pattern: this is done to each octet of each mail.
    if not message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n"):
        return "the stored mail has line ends that are not CRLF"
    if b"\x00" in message:
        return "the stored mail holds a NUL"
    if max(map(len, message.split(b"\r\n"))) > _LONGEST_LINE:
        return "the stored mail has a line of more than 998 octets"
    return ""


def _within(domain: str, listed: str) -> bool:
    return domain == listed or domain.endswith("." + listed)
