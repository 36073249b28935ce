"""What may be left out of a notice by name, and whether what is left only says less. Pure.

An amendment removes and never adds: each word of what goes stands in the same order in the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from jinja2 import UndefinedError

from hub.compose.closing import CLOSING
from hub.compose.facts import FACT_CLASSES
from hub.compose.late import LATE
from hub.compose.words import Words, Written
from hub.notice import Notice
from hub.vocabulary import HubError, InfoClass, Role

MADE_WHEN_IT_GOES: Final = frozenset({"ack_code", "ack_page", "reply_due", "escalate_at"})
"""What is made anew each time a notice is written: its code and page, and by when to answer."""

_FRAME: Final = frozenset(
    {*MADE_WHEN_IT_GOES, *CLOSING, *LATE, "handling", "purpose", "basis", "concern_ref"}
)
"""What stands on every notice, or says how to answer it: nobody leaves it out."""

_WORD: Final = re.compile(r"\w+")


class MustBeSaid(HubError):
    """The words of this notice cannot do without what was left out of it."""


def written_without(
    words: Words, notice: str, role: Role, facts: Mapping[str, str], left_out: frozenset[str]
) -> Written:
    """Write a notice without these facts. Raises MustBeSaid, and NoWords without a template."""
    if not left_out:
        return words.write(notice, role, facts)
    left = {name: value for name, value in facts.items() if name not in left_out}
    try:
        return words.write(notice, role, left)
    except UndefinedError as needed:
        raise MustBeSaid(notice) from needed


def only_says_less(whole: str, less: str) -> bool:
    """Whether every word of `less` stands in `whole`, in the same order: nothing was added."""
    rest = iter(_WORD.findall(whole))
    return all(word in rest for word in _WORD.findall(less))


def offered(notices: Iterable[Notice], words: Words) -> tuple[tuple[str, str], ...]:
    """Return the facts that could be left out of these notices one by one, each with its value.

    Not what every notice must say, nor what would have other words in its place; nor the last fact
    of a class: that is kept back by keeping the class held.
    """
    found: dict[str, str] = {}
    for notice in notices:
        for name, value in notice.facts:
            if name not in _FRAME and _can_go(name, notice, words):
                found.setdefault(name, value)
    return tuple(found.items())


def emptied(whole: Notice, less: Notice) -> frozenset[InfoClass]:
    """Return the classes of which a notice told something, and without those facts nothing."""
    return _classes(whole.facts) - _classes(less.facts)


def always_said(facts: Iterable[str]) -> tuple[str, ...]:
    """Return which of these facts stand on every notice, so that none may be without them."""
    return tuple(name for name in sorted(facts) if name in _FRAME)


def _can_go(name: str, notice: Notice, words: Words) -> bool:
    facts, role = dict(notice.facts), notice.party.role
    try:
        whole = words.write(notice.template, role, facts)
        less = written_without(words, notice.template, role, facts, frozenset({name}))
    except MustBeSaid:
        return False
    there, left = _classes((n, "") for n in whole.shown), _classes((n, "") for n in less.shown)
    return there == left and only_says_less(whole.text, less.text)


def _classes(facts: Iterable[tuple[str, str]]) -> frozenset[InfoClass]:
    return frozenset(FACT_CLASSES[name] for name, _ in facts)
