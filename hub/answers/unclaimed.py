"""Mail that people wrote about no notice of ours: kept, and shown to whom alone it can be for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.access import Official, Post
from hub.bounce import ReturnedMail
from hub.concern import Concern
from hub.directory import Directory
from hub.ports import Register
from hub.vocabulary import AgencyId

SHOWN_FOR: Final = timedelta(days=30)
MOST: Final = 50
_CONCERNS: Final = 1_000
_LETTER: Final = "[2-9A-HJKMNP-Za-hjkmnp-z]"
_A_CODE: Final = re.compile(
    rf"\b(?:{_LETTER}{{6}}|{_LETTER}{{3}}[ \t]*[-\u2010-\u2015][ \t]*{_LETTER}{{3}})\b"
)
"""What may be the code of some notice: whoever quotes one must not have it read by others.

Whatever may be typed as a code is one here (`typed_code`). Some words of six letters go with it.
"""
_IN_TWO: Final = re.compile(rf"\b{_LETTER}{{3}}(?:\s+{_LETTER}{{3}})+\b")
"""Halves of a code with spaces between, or short words: hidden where there is a digit or a word in
capitals among them, or nothing would be left to read."""
_HIDDEN: Final = "(what may be a code)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """What one person may read of it, newest first, and how many more there are."""

    mails: tuple[ReturnedMail, ...]
    others: int
    """Mails that may be for another authority: nobody is shown them."""


async def unclaimed(register: Register, person: Official, now: datetime) -> Unclaimed:
    """Return the mail of the last 30 days that names no notice, as far as this LEO may read it.

    A hub may serve several authorities, and what somebody wrote is for one of them. It is shown
    where its sender is a contact of an agency that takes part in this authority's concerns and in
    nobody else's; where nobody knows its sender, where there are no concerns but this authority's.
    """
    if person.post is not Post.LEO:
        return Unclaimed(mails=(), others=0)
    found = await register.unclaimed_mail(now - SHOWN_FOR, MOST)
    concerns = await register.concerns(_CONCERNS)
    directory = await register.directory()
    # Where there are more concerns than were read, there may be a host that is not known of.
    whole = len(concerns) < _CONCERNS
    mine = tuple(
        mail
        for mail in found
        if whole and _hosts(mail.sender, concerns, directory) == {person.agency}
    )
    return Unclaimed(mails=mine, others=len(found) - len(mine))


def without_codes(text: str) -> str:
    """Return the text without anything in it that may be the code of a notice."""
    return _IN_TWO.sub(_hidden, _A_CODE.sub(_HIDDEN, text))


def _hidden(found: re.Match[str]) -> str:
    words = found[0].split()
    code = any(word.isupper() or any(char.isdigit() for char in word) for word in words)
    return _HIDDEN if code else found[0]


def _hosts(sender: str, concerns: Sequence[Concern], directory: Directory) -> set[AgencyId]:
    """Return the host authorities that a mail of this sender may be for."""
    address = sender.casefold()
    agencies = {c.agency for c in directory.contacts if c.address.casefold() == address}
    return {c.host_authority for c in concerns if not agencies or _has_part(agencies, c, directory)}


def _has_part(agencies: Collection[AgencyId], concern: Concern, directory: Directory) -> bool:
    return any(directory.answers_for(p.agency) in agencies for p in concern.parties())
