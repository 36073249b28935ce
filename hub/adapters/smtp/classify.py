"""What a mail server's reply means for a delivery, row by row.

RFC 5321 (4.2) gives the reply code, RFC 3463 the enhanced code; both are needed, since 550 alone
says no more than "no".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.notice import RefusedBecause

_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_QUEUE_ID: Final = re.compile(
    r"queued as (\S+)|\bInternalId=(\d+)|\bid=(\S+)|^2\.0\.0 (\S+) Message accepted", re.MULTILINE
)
_OURS_TO_SIGN_IN: Final = frozenset({530, 534, 535, 538})
_OURS_AS_SENDER: Final = frozenset({"5.1.7", "5.1.8"})


class Phase(StrEnum):
    """How far a try came, in order."""

    CHECK = "check"  # before any socket
    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"
    DOT = "dot"  # the final dot is written; from here on a lost reply is a doubt


_ROUTE: Final = frozenset({Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete reply: its code, and its text with the lines joined by a newline."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """Return the enhanced code, or an empty string: one of another class counts as none."""
        found = _ENHANCED.match(self.text)
        return found[0] if found and int(found[1]) == self.code // 100 else ""

    @property
    def queue_id(self) -> str:
        """Return what the server calls this mail, where it says so."""
        found = _QUEUE_ID.search(self.text)
        return next((group for group in found.groups() if group), "") if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reply that is not a success means."""

    because: RefusedBecause | None
    """None: not now."""
    sentence: str
    configuration: bool = False
    """True: our settings at the relay are wrong: the route stops, and it costs no attempt."""
    route: bool = False
    """True: it is about the relay, not about this recipient."""


def verdict(reply: Reply, phase: Phase) -> Verdict:
    """Say what this reply, which is not a success, means.

    421: the route, later. Other 4xx: this recipient, later. 530, 534, 535, 538, and any 5xx before
    MAIL: a setting of ours; the route stops until somebody puts it right. 5.1.7 and 5.1.8: the
    same, as they refuse our sender. Other 5.1.x: the address is wrong. 5.7.x: their policy.
    Any other 5xx: a person must look.
    """
    enhanced = reply.enhanced
    if reply.code in _OURS_TO_SIGN_IN:
        return _setting("the relay wants other credentials")
    if reply.code >= 500 and phase in _ROUTE:
        return _setting("the relay refuses our connection")
    if enhanced in _OURS_AS_SENDER:
        return _setting("the relay refuses our sender address")
    if reply.code < 500:
        route = reply.code == 421 or phase in _ROUTE
        sentence = "the relay is not serving now" if route else "not now, says the mail server"
        return Verdict(because=None, sentence=sentence, route=route)
    if enhanced.startswith("5.1."):
        return Verdict(because=RefusedBecause.ADDRESS, sentence="there is no such mailbox")
    if enhanced.startswith("5.7."):
        return Verdict(because=RefusedBecause.POLICY, sentence="refused by policy")
    return Verdict(because=RefusedBecause.UNKNOWN, sentence="refused for a reason we do not know")


def _setting(sentence: str) -> Verdict:
    return Verdict(because=None, sentence=sentence, configuration=True, route=True)
