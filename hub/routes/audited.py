"""What an auditor is shown of a concern: what was done, when and by which rule. Pure.

Nothing here was typed by anybody: each word is the hub's own or the pack's, each name a pseudonym.
What the police or a regulator asked, and grounds that the lead enquiry officer alone may know, are
there as things that were done, and no more (rules.md, semantics 6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.concern import Concern
from hub.decision import Decision, Hold, NotDue, Notify, Withhold
from hub.events import EVENTS
from hub.ports import ConcernRecord, NoticeRecord
from hub.receipt import SAID, Receipt
from hub.routes.held import GROUND_FOR_THE_LEO
from hub.routes.naming import HELD_FOR, WENT_WRONG, notice_words
from hub.routes.pseudonyms import Pseudonyms
from hub.vocabulary import HoldKind

_HOLDS_CHANGED: Final = "What is held changed"
_ASKED: Final = "Ladders asked desks"
_RESTRICTED: Final = "Something that the lead enquiry officer alone may know"
_THEIRS: Final = frozenset({"hub.events.police", "hub.events.regulator"})
"""The chapters of events by which an investigation or a planned inspection would be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One concern in the auditor's list."""

    name: str
    """Its pseudonym, which its page is found by."""
    provider: str
    officer: str
    stage: str
    opened: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One thing that was done, or that came of it."""

    at: datetime
    what: str
    whom: str
    says: str
    rule: str = ""
    """The pack's rule and its paragraph; empty: none decided this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One concern as an auditor sees it."""

    listed: Listed
    chair: str
    done: tuple[Done, ...]
    """Newest first."""
    owed: tuple[Done, ...]
    """What is owed still, by when it is due, the earliest first."""
    held: tuple[tuple[str, str, int], ...]
    """From whom something is held now, what it waits for, and how many classes."""


def listed(concern: Concern, names: Pseudonyms) -> Listed:
    """Return one line of the list."""
    return Listed(
        name=names.concern(concern),
        provider=names.provider(concern),
        officer=names.person(concern.leo.name),
        stage=str(concern.stage),
        opened=concern.opened_at,
    )


def audited(record: ConcernRecord, names: Pseudonyms) -> Audited:
    """Return one concern under pseudonyms."""
    concern, host = record.concern, record.concern.host_authority
    done = [*_decided(record.decisions, names, concern)]
    of = {each.id: each.occasion.event_name for each in record.decisions}
    for each in record.notices:
        words = notice_words(each.notice.template)
        if _restricted(of.get(each.notice.decision, "")):
            words = _RESTRICTED
        done += _told(each, words, names, concern)
    if record.attestation is not None:
        who = names.person(record.attestation.by)
        done.append(Done(at=record.attestation.at, what="Closure confirmed", whom=who, says=""))
    owed = [
        Done(at=o.due, what="Owed", whom=names.party(o.party, host), says=str(o.kind))
        for o in record.obligations
    ]
    standing = Counter((names.party(h.party, host), _waits_for(h.kind)) for h in record.holds)
    return Audited(
        listed=listed(concern, names),
        chair=names.person(concern.chair.name) if concern.chair else "nobody yet",
        done=tuple(sorted(done, key=lambda one: one.at, reverse=True)),
        owed=tuple(sorted(owed, key=lambda one: one.at)),
        held=tuple((whom, why, many) for (whom, why), many in sorted(standing.items())),
    )


def _decided(decisions: Iterable[Decision], names: Pseudonyms, concern: Concern) -> Iterator[Done]:
    seen = set()
    for each in decisions:
        occasion = each.occasion
        if occasion.id not in seen:
            seen.add(occasion.id)
            yield Done(at=occasion.at, what="Event", whom="", says=_event(occasion.event_name))
        yield Done(
            at=occasion.at,
            what="Decided",
            whom=names.party(each.party, concern.host_authority),
            says=_verdict(each),
            rule=_rule(each),
        )


def _event(name: str) -> str:
    """Return what happened by the hub's own list of names, never as a publisher wrote it."""
    known = {"holds.changed": _HOLDS_CHANGED, "ladder.asked": _ASKED}
    if _restricted(name):
        return _RESTRICTED
    if name in EVENTS:
        return name.replace(".", " ").capitalize()
    return known.get(name, "Something else")


def _restricted(name: str) -> bool:
    model = EVENTS.get(name)
    return model is not None and model.__module__ in _THEIRS


def _rule(decision: Decision) -> str:
    """Return by which rule it was decided, where that tells of no ground that few may know."""
    held = decision.held if isinstance(decision, Notify | Hold) else ()
    if _restricted(decision.occasion.event_name) or any(
        one.kind in GROUND_FOR_THE_LEO for one in held
    ):
        return _RESTRICTED
    return f"{decision.reason.rule}, paragraph {decision.reason.paragraph}"


def _waits_for(kind: HoldKind) -> str:
    return _RESTRICTED if kind in GROUND_FOR_THE_LEO else HELD_FOR[kind]


def _verdict(decision: Decision) -> str:
    match decision:
        case Notify():
            parts = [f"tell {', '.join(sorted(one.info for one in decision.shared))}"]
            parts += [f"hold {_many(decision.held)}"] * bool(decision.held)
            parts += [f"withhold {_many(decision.withheld)}"] * bool(decision.withheld)
            return ", ".join(parts)
        case Hold():
            return f"hold {_many(decision.held)}"
        case Withhold():
            return "withhold everything"
        case NotDue():
            return "nothing is due"


def _many(classes: Sequence[object]) -> str:
    return "1 class" if len(classes) == 1 else f"{len(classes)} classes"


def _told(record: NoticeRecord, words: str, names: Pseudonyms, concern: Concern) -> Iterator[Done]:
    notice = record.notice
    whom = names.party(notice.party, concern.host_authority)
    yield Done(at=notice.composed_at, what="Notice written", whom=whom, says=words)
    for receipt in record.receipts:
        yield Done(at=receipt.at, what="Evidence", whom=whom, says=_learnt(receipt, words, names))


def _learnt(receipt: Receipt, words: str, names: Pseudonyms) -> str:
    said = []
    if receipt.rung is not None:
        said.append(SAID[receipt.rung])
    if receipt.setback is not None:
        said.append(WENT_WRONG[receipt.setback])
    answer = receipt.acknowledgement or receipt.declination
    if answer is not None:
        said.append(f"by {names.person(answer.name)}, strength {answer.strength}")
    if receipt.fenced:
        said.append("by a try that counts no more")
    return f"{words}: {', '.join(said) or 'noted'}"
