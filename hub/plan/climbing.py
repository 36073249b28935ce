"""The clock and the ladders: which one an obligation climbs, and the page of one look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.calendar import LONDON
from hub.compose import fit_for, readdress
from hub.concern import Concern, Party
from hub.directory import Directory, carries
from hub.escalate.ladder import (
    Ask,
    Move,
    Situation,
    begin,
    escalate,
    ladder_called,
    nation_of_party,
)
from hub.frozen import replace
from hub.leaf import Leaf, leaf
from hub.notice import Delivery
from hub.obligation import Climb, Obligation, ObligationKind, ObligationState, asks_key
from hub.pack.ladder import Ladder, ladder_for_answer, ladder_for_kind
from hub.pack.rules import Pack
from hub.page import Discharge, Page, Standing, StandingHold
from hub.plan.reach import Known
from hub.plan.standing import kept_back, standing_holds
from hub.plan.tools import Tools
from hub.receipt import fold, height, who_answered
from hub.vocabulary import ContactId, InfoClass, Lane, NoticeId, Rung, Setback

ASKED_WITHIN: Final = {True: timedelta(hours=4), False: timedelta(minutes=15)}
"""How soon a person must have done what a ladder asks: in working time, and round the clock."""

_FAILED: Final = frozenset({Setback.REFUSED, Setback.FAILED, Setback.EXPIRED, Setback.LATE_FAILURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look at a ladder comes to."""

    climb: Climb | None
    """How far it is now; None: no ladder of the pack serves it."""
    page: Page | None
    """What it writes; None: nothing but how far it is."""
    move: Move | None = None


def on_ladders(page: Page, tools: Tools) -> Page:
    """Put what this page makes somebody owe at the foot of its ladder, where the pack has one."""
    names = {decision.id: decision.occasion.event_name for decision in page.decisions}
    asked = {notice.id: (names[notice.decision], notice.lane) for notice in page.notices}
    owed = tuple(_at_the_foot(one, asked, tools) for one in page.obligations)
    return replace(page, obligations=owed)


def look(
    owed: Obligation,
    known: Known | None,
    standing: Standing,
    concern: Concern,
    tools: Tools,
    now: datetime,
) -> Looked:
    """Return what comes of the ladder of `owed`, whose instant has come.

    Another contact of the party gets the same notice under a new delivery, never a class that is
    held now; a desk of the host authority gets a task. `known` is its notice, `concern` the one of
    `standing`.
    """
    tools = tools.about(concern)
    ladder = _ladder(owed, known, tools.pack)
    if ladder is None:
        return Looked(climb=None, page=None)
    about = (concern, standing.history, tools.pack, tools.directory, now)
    move = _move(owed, known, ladder, standing, concern, tools, now)
    if move.climb.state is ObligationState.HELD or not (move.fired or move.climb.next_at is None):
        return Looked(climb=move.climb, page=None, move=move)
    page = Page(
        id=concern.id,
        concern=concern,
        version=standing.version,
        at=now,
        holds=standing_holds(*about),
        deliveries=_deliveries(move, known, tools, now),
        obligations=tuple(_task(ask, owed, ladder, tools, now) for ask in move.asks),
        discharges=_met(owed, move),
    )
    leaves = (*_leaves(owed, move, now), *(_queued(each, now) for each in page.deliveries))
    return Looked(climb=move.climb, page=replace(page, leaves=leaves), move=move)


def brought_forward(
    owed: Obligation,
    known: Known,
    standing: Standing,
    concern: Concern,
    tools: Tools,
    now: datetime,
) -> Move | None:
    """Return what the next step would do if it came now; None: it climbs no ladder.

    It is what `look` does once a chase has brought the step forward, and nothing is written.
    """
    tools = tools.about(concern)
    ladder = _ladder(owed, known, tools.pack)
    if ladder is None or owed.climb is None:
        return None
    pushed = replace(owed, climb=replace(owed.climb, next_at=now))
    return _move(pushed, known, ladder, standing, concern, tools, now)


def _move(
    owed: Obligation,
    known: Known | None,
    ladder: Ladder,
    standing: Standing,
    concern: Concern,
    tools: Tools,
    now: datetime,
) -> Move:
    kept = kept_back(owed.party, concern, standing.history, tools.pack, tools.directory, now)
    state = _situation(owed, known, concern, kept, tools.directory, now)
    return escalate(owed, ladder, state, tools.directory, tools.pack.calendar, now)


def _at_the_foot(
    owed: Obligation, asked: Mapping[NoticeId, tuple[str, Lane]], tools: Tools
) -> Obligation:
    ladders, role = tools.pack.ladders, owed.party.role
    if owed.kind is ObligationKind.ANSWER and owed.notice is not None:
        event, lane = asked[owed.notice]
        ladder = ladder_for_answer(ladders, event, lane, role)
    else:
        ladder = ladder_for_kind(ladders, owed.kind, role)
    if ladder is None:
        return owed
    nation = nation_of_party(owed.party, tools.directory)
    climb = begin(owed, ladder, tools.pack.calendar, nation)
    return replace(owed, people=ladder.people, climb=climb)


def _ladder(owed: Obligation, known: Known | None, pack: Pack) -> Ladder | None:
    """Return the ladder it began; for what was owed before there were any, the one it fits."""
    if owed.climb is not None:
        return ladder_called(pack.ladders, owed.climb.ladder)
    if known is not None and owed.kind is ObligationKind.ANSWER:
        return ladder_for_answer(pack.ladders, "", known.notice.lane, owed.party.role)
    return ladder_for_kind(pack.ladders, owed.kind, owed.party.role)


def _situation(
    owed: Obligation,
    known: Known | None,
    concern: Concern,
    kept: frozenset[StandingHold],
    directory: Directory,
    now: datetime,
) -> Situation:
    # A party that is kept from all of this is not telephoned either.
    classes = known.notice.classes if known else frozenset({InfoClass.PROCESS})
    held = any(hold.info in classes for hold in kept)
    if known is None:
        return Situation(host=concern.host_authority, held=held)
    gone = "" if owed.party in concern.parties() else f"is no {owed.party.role} here any more"
    on = now.astimezone(LONDON).date()
    unfit = {
        contact.id
        for contact in directory.contacts_of(owed.party.agency, owed.party.role)
        if not (fit_for(known.notice, contact) and known.notice.classes <= carries(contact, on))
    }
    return Situation(
        host=concern.host_authority,
        told=frozenset(ContactId(each.target) for each in known.deliveries),
        unreachable=frozenset(unfit | {ContactId(d.target) for d in _failed(known)}),
        reached=fold(known.receipts).rung,
        people=len(who_answered(known.receipts)),
        held=held,
        gone=gone,
    )


def _failed(known: Known) -> tuple[Delivery, ...]:
    """Return the deliveries that could not be handed over, or came back."""
    reached = {
        d.id: fold(r for r in known.receipts if r.delivery == d.id) for d in known.deliveries
    }
    return tuple(
        each
        for each in known.deliveries
        if height(reached[each.id].rung) < height(Rung.SUBMITTED)
        and _FAILED & set(reached[each.id].setbacks)
    )


def _deliveries(
    move: Move, known: Known | None, tools: Tools, now: datetime
) -> tuple[Delivery, ...]:
    if known is None:
        return ()
    before = known.deliveries[-1] if known.deliveries else None
    return tuple(
        readdress(known.notice, before, contact, tools.sender, tools.mint, now)
        for contact in move.tells
    )


def _task(ask: Ask, owed: Obligation, ladder: Ladder, tools: Tools, now: datetime) -> Obligation:
    return Obligation(
        id=tools.mint.id(),
        concern=owed.concern,
        kind=ObligationKind.PERSON,
        party=ask.party,
        due=now + ASKED_WITHIN[ladder.working],
        opened_at=now,
        key=_task_key(owed, ask.party),
        notice=owed.notice,
        says=ask.says,
        openly=ask.openly,
    )


def _task_key(owed: Obligation, desk: Party) -> str:
    return f"{asks_key(owed.kind, owed.key)}#{desk.role}"


def _met(owed: Obligation, move: Move) -> tuple[Discharge, ...]:
    """Return what is met: the obligation itself where it has ended, else what is asked again."""
    if move.climb.next_at is None:
        person, key = ObligationKind.PERSON, f"{asks_key(owed.kind, owed.key)}#"
        return (Discharge(kind=person, key=key),)
    return tuple(
        Discharge(kind=ObligationKind.PERSON, key=_task_key(owed, ask.party), whole=True)
        for ask in move.asks
    )


def _leaves(owed: Obligation, move: Move, now: datetime) -> tuple[Leaf, ...]:
    about = {"obligation": owed.id, "ladder": move.climb.ladder, "notice": owed.notice or ""}
    steps = tuple(
        leaf(
            "ladder.step",
            now,
            owed.concern,
            step=fired.step,
            late_seconds=int(fired.late.total_seconds()),
            **about,
        )
        for fired in move.fired
    )
    if move.climb.next_at is not None:
        return steps
    return (*steps, leaf(f"obligation.{move.climb.state}", now, owed.concern, **about))


def _queued(delivery: Delivery, now: datetime) -> Leaf:
    return leaf(
        "delivery.queued",
        now,
        delivery.concern,
        delivery=delivery.id,
        notice=delivery.notice,
        sha256=delivery.sha256,
        instead_of=delivery.instead_of or "",
    )
