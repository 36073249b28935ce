"""What comes of one cell in one world, said so that two packs can be compared, and what differs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from hub.calendar import Within
from hub.pack.cell import (
    ClassJudgement,
    HeldBy,
    Judgement,
    NoRule,
    NothingDue,
    SharedBy,
    Told,
    WithheldBy,
)
from hub.vocabulary import InfoClass

Ground = tuple[str, str]
"""Purpose and basis of what is told."""


class Kind(StrEnum):
    """In what way a party would hear differently; what is newly disclosed stands first."""

    MORE = "told more"
    LESS = "told less"
    HOLD = "held otherwise"
    NOTICE = "another notice"
    DEADLINE = "another deadline"
    LANE = "another lane"
    EVIDENCE = "other evidence"
    BASIS = "another purpose or basis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One way in which a party would hear differently, in words that name no event."""

    kind: Kind
    classes: tuple[InfoClass, ...]
    """Which classes it is about, in the order C0 to C7; empty: the notice as a whole."""
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one role is told of one event in one world."""

    shared: Mapping[InfoClass, Ground]
    kept: Mapping[InfoClass, str]
    """Class to why it is not told, in words; a class the route does not carry is not in it."""
    held: Mapping[InfoClass, str]
    """Of those, the ones that wait, and by which rule for whose release."""
    nothing: str
    """Why no route speaks; empty where one does."""
    form: tuple[str, str, str, str] | None
    """Notice, deadline, lane and evidence of the route that speaks."""


_ALL: Final = tuple(InfoClass)
_FORM_KINDS = (Kind.NOTICE, Kind.DEADLINE, Kind.LANE, Kind.EVIDENCE)


def answer(judgement: Judgement) -> Hashable:
    """Return what tells a judgement of one cell from its others: two alike have one outcome.

    Rules are told apart by identity, so it is for as long as the cell lives that was judged.
    """
    if not isinstance(judgement, Told):
        return None if isinstance(judgement, NoRule) else id(judgement.rule)
    return id(judgement.route), tuple([_judged(one) for one in judgement.classes])


def _judged(one: ClassJudgement) -> Hashable:
    if isinstance(one, SharedBy):
        return one.info, id(one.share)
    if isinstance(one, HeldBy):
        return one.info, one.rule, one.kind, one.released_by
    return one.info, one.rule


def outcome(judgement: Judgement) -> Outcome:
    """Return what a judgement comes to."""
    if not isinstance(judgement, Told):
        return Outcome(shared={}, kept={}, held={}, nothing=_silence(judgement), form=None)
    shared: dict[InfoClass, Ground] = {}
    kept: dict[InfoClass, str] = {}
    held: dict[InfoClass, str] = {}
    for judged in judgement.classes:
        if isinstance(judged, SharedBy):
            shared[judged.info] = (judged.share.purpose, judged.share.basis)
        elif isinstance(judged, HeldBy):
            words = held_words(judged.rule, judged.kind, judged.released_by)
            kept[judged.info] = held[judged.info] = words
        elif isinstance(judged, WithheldBy):
            kept[judged.info] = f"withheld by {judged.rule}"
        else:
            assert_never(judged)
    route = judgement.route
    form = (route.notice, in_time(route.reply_within), route.lane.value, route.required.value)
    return Outcome(shared=shared, kept=kept, held=held, nothing="", form=form)


def _silence(judgement: NothingDue | NoRule) -> str:
    if isinstance(judgement, NothingDue):
        return f"nothing is due by {judgement.rule.id}"
    return "no rule speaks"


def held_words(rule: str, kind: str, released_by: str) -> str:
    """Return by which rule something is held, and who releases it."""
    return f"held by {rule} ({kind}, released by {released_by})"


def in_time(within: Within | None) -> str:
    """Return a time allowed in the words of a pack."""
    if within is None:
        return "no deadline"
    unit = within.unit.removesuffix("s") if within.amount == 1 else within.unit
    return f"{within.amount} {unit}"


def changes(old: Outcome, new: Outcome) -> Iterator[Change]:
    """Yield each way in which `new` differs from `old`; none: the party would hear the same."""
    more = _classes(new.shared.keys() - old.shared.keys())
    if more:
        yield _change(Kind.MORE, more, f"now also told {_named(more)}")
    yield from _less(old, new)
    yield from _holds(old, new)
    if old.form and new.form:
        for kind, before, after in zip(_FORM_KINDS, old.form, new.form, strict=True):
            if before != after:
                yield _change(kind, (), f"{kind}: `{after}` instead of `{before}`")
    yield from _bases(old, new)


def _less(old: Outcome, new: Outcome) -> Iterator[Change]:
    reasons: dict[str, set[InfoClass]] = {}
    for info in old.shared.keys() - new.shared.keys():
        why = new.kept.get(info) or new.nothing or "the notice does not carry it"
        reasons.setdefault(why, set()).add(info)
    for why, found in sorted(reasons.items()):
        classes = _classes(found)
        yield _change(Kind.LESS, classes, f"no longer told {_named(classes)}: {why}")


def _holds(old: Outcome, new: Outcome) -> Iterator[Change]:
    """Yield what waits otherwise than before, of what is told neither before nor after."""
    reasons: dict[tuple[str, str], set[InfoClass]] = {}
    for info in _ALL:
        before, after = old.held.get(info), new.held.get(info)
        if before == after or info in old.shared or info in new.shared:
            continue
        was = old.kept.get(info) or old.nothing or "not in the notice"
        now = new.kept.get(info) or new.nothing or "not in the notice"
        reasons.setdefault((now, was), set()).add(info)
    for (now, was), found in sorted(reasons.items()):
        classes = _classes(found)
        yield _change(Kind.HOLD, classes, f"{_named(classes)} now: {now}; before: {was}")


def _bases(old: Outcome, new: Outcome) -> Iterator[Change]:
    both = old.shared.keys() & new.shared.keys()
    other = _classes(info for info in both if old.shared[info] != new.shared[info])
    if other:
        yield _change(Kind.BASIS, other, f"{_named(other)} on another purpose or basis")


def _change(kind: Kind, classes: tuple[InfoClass, ...], says: str) -> Change:
    return Change(kind=kind, classes=classes, says=says)


def _classes(found: Iterable[InfoClass]) -> tuple[InfoClass, ...]:
    known = frozenset(found)
    return tuple([info for info in _ALL if info in known]) if known else ()


def _named(classes: tuple[InfoClass, ...]) -> str:
    return ", ".join(f"`{info}`" for info in classes)
