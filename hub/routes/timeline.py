"""The timeline of one concern: one row an act, made of the log and of what the register keeps.

The log holds ids alone; what they mean is looked up here. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from hub.access import Official, Post
from hub.concern import Party
from hub.decision import Decision, Hold, Notify
from hub.directory import Directory
from hub.notice import Delivery, Notice
from hub.ports import ConcernRecord
from hub.ports.chasing import Chase
from hub.ports.emergency_access import EmergencyAccess
from hub.ports.logged import Logged
from hub.ports.releasing import AskedRelease
from hub.receipt import SAID
from hub.routes.board import evidence_address
from hub.routes.held import GROUND_FOR_THE_LEO
from hub.routes.naming import fact_words, named, notice_words, party_name
from hub.vocabulary import AckStrength, DeliveryId, Rung

LOOKS: Final = frozenset({"concern.seen"})
"""Who looked at it: only where it is asked for."""

FILTERS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "events": (
        "Events",
        frozenset({"event.applied", "event.waiting", "event.refused", "event.policy.unknown"}),
    ),
    "decisions": ("Decisions", frozenset({"decision"})),
    "sending": (
        "Sending and evidence",
        frozenset(
            {
                "delivery.queued",
                "delivery.accepted",
                "delivery.delayed",
                "delivery.in.doubt",
                "delivery.refused",
                "delivery.received",
                "delivery.waits",
                "delivery.stopped",
                "notice.chased",
            }
        ),
    ),
    "answers": (
        "Answers",
        frozenset({"notice.acknowledged", "notice.declined", "reply.set.aside"}),
    ),
    "releases": (
        "Stops and releases",
        frozenset({"hold.put", "release.asked", "release.agreed", "release.refused"}),
    ),
    "closure": ("Closure", frozenset({"closure.attested", "closure.exported"})),
    "looks": (
        "Who looked at it",
        LOOKS | {"emergency.opened", "emergency.reviewed"},
    ),
}
"""By the word in the address: how it is called, and which kinds of leaf it shows."""

_WORDS: Final[Mapping[str, str]] = {
    "event.applied": "We were told: {name}",
    "event.waiting": "We were told, and it waits for something before it: {name}",
    "event.refused": "Refused, and in quarantine: {name}",
    "event.policy.unknown": "It named rules that nobody knows; the rules in force decided",
    "delivery.queued": "Prepared",
    "delivery.accepted": "Sent",
    "delivery.delayed": "Not taken yet; it is tried again",
    "delivery.in.doubt": "Tried, and no answer was read; it is tried again",
    "delivery.refused": "Refused by whoever was to take it",
    "delivery.received": "Something came back about it",
    "delivery.waits": "It waits longer than it should",
    "delivery.stopped": "Stopped before it was sent",
    "notice.acknowledged": "A named person has acknowledged it",
    "notice.declined": "A named person has said that it is not theirs",
    "reply.set.aside": "A reply by mail was set aside",
    "hold.put": "Stopped at the console: tell them nothing more",
    "release.asked": "A release was asked for",
    "release.agreed": "A release was agreed to by a second person",
    "release.refused": "A release was refused",
    "obligation.taken": "Somebody took it in hand",
    "notice.chased": "Chased: the next step was taken before its time",
    "ladder.step": "Not answered in time, and the next people were asked",
    "closure.attested": "Closure was confirmed",
    "closure.exported": "The closure pack was taken out",
    "concern.seen": "Somebody looked: {page}",
    "emergency.opened": "This concern was opened to somebody by emergency access",
    "emergency.reviewed": "The privacy officer reviewed an emergency access",
}

_BY_A_PROGRAM: Final[Mapping[str, str]] = {
    "notice.acknowledged": "A program has acknowledged it, in a named person’s name",
    "notice.declined": "A program has said, in a named person’s name, that it is not theirs",
}
"""The same where nobody had signed in (0035)."""

_VERDICTS: Final = {"notify": "told", "hold": "held", "withhold": "not told"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One line of what a row unfolds to."""

    label: str
    says: str
    href: str = ""
    """Where the raw evidence is; empty: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One row of the timeline."""

    at: datetime
    says: str
    who: str
    """The party or the person it is about; empty: the concern."""
    folds: tuple[Fold, ...]
    leaves: tuple[tuple[int, str], ...]
    """Its places in the log, each with the leaf as it stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What ids of the log are looked up in."""

    record: ConcernRecord
    directory: Directory
    person: Official
    asked: tuple[AskedRelease, ...]
    chased: tuple[Chase, ...] = ()
    accesses: tuple[EmergencyAccess, ...] = ()
    decisions: Mapping[str, Decision] = field(init=False)
    notices: Mapping[str, Notice] = field(init=False)
    deliveries: Mapping[str, Delivery] = field(init=False)

    def __post_init__(self) -> None:
        """Sort what is known by its ids, once."""
        kept = self.record.notices
        by_id = {
            "decisions": {d.id: d for d in self.record.decisions},
            "notices": {n.notice.id: n.notice for n in kept},
            "deliveries": {d.id: d for n in kept for d in n.deliveries},
        }
        for name, found in by_id.items():
            object.__setattr__(self, name, found)

    def name(self, party: Party) -> str:
        """Return what a party is called."""
        return party_name(party, self.directory)


def timeline(leaves: Sequence[Logged], known: Known) -> tuple[Act, ...]:
    """Return one row an act, in the order given; what was done to many at once is one row."""
    acts: dict[tuple[object, ...], list[_Read]] = {}
    for leaf in leaves:
        said = orjson.loads(leaf.data)
        acts.setdefault(_same(leaf, said, known), []).append((leaf, said))
    return tuple(_act(same, known) for same in acts.values())


_Read = tuple[Logged, dict[str, Any]]


def _same(leaf: Logged, said: Mapping[str, Any], known: Known) -> tuple[object, ...]:
    """Return what leaves have in common that are one act."""
    if leaf.kind == "decision":
        decision = known.decisions.get(said.get("decision", ""))
        if decision is not None:
            return leaf.kind, leaf.at, decision.occasion.id
    if leaf.kind == "delivery.queued":
        return leaf.kind, leaf.at, said.get("notice")
    return leaf.kind, leaf.seq


def _act(same: list[_Read], known: Known) -> Act:
    leaf, said = same[0]
    if leaf.kind == "decision":
        says, who, folds = _decided([said for _, said in same], known)
    elif leaf.kind.startswith(("delivery.", "notice.", "ladder.")):
        says, who, folds = _carried(leaf.kind, [said for _, said in same], known)
    else:
        says, who, folds = _words(leaf.kind, said), _person(said, known), _reasons(said, known)
    return Act(
        at=leaf.at,
        says=says,
        who=who,
        folds=tuple(folds),
        leaves=tuple((one.seq, _raw(one, each, known)) for one, each in same),
    )


def _words(kind: str, said: Mapping[str, Any]) -> str:
    known = {"name": _called(str(said.get("name", ""))), "page": str(said.get("page", ""))}
    by_key = _BY_A_PROGRAM if said.get("strength") == AckStrength.KEY else {}
    words = by_key.get(kind) or _WORDS.get(kind, kind.replace(".", " ").capitalize())
    return words.format(**known)


def _called(event: str) -> str:
    return notice_words(event.replace(".", "-"))


def _decided(every: list[dict[str, Any]], known: Known) -> tuple[str, str, list[Fold]]:
    found = [known.decisions[s["decision"]] for s in every if s.get("decision") in known.decisions]
    if not found:
        return "Decided", "", []
    counts = Counter(_verdict(said) for said in every)
    tally = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    says = f"Decided who is told: {_called(found[0].occasion.event_name)} ({tally})"
    verdicts = {said["decision"]: _verdict(said) for said in every}
    folds = [
        Fold(
            label=known.name(one.party),
            says=f"{verdicts[one.id]}: {_because(one, known)}",
        )
        for one in found
    ]
    return says, known.name(found[0].party) if len(found) == 1 else "", folds


def _verdict(said: Mapping[str, Any]) -> str:
    verdict = str(said.get("verdict", ""))
    return _VERDICTS.get(verdict, verdict)


def _because(decision: Decision, known: Known) -> str:
    if _hidden(decision, known.person):
        return "the lead enquiry officer may know why"
    reason = decision.reason
    return f"{reason.sentence} ({reason.paragraph}), rule {reason.rule}"


def _hidden(decision: Decision | None, person: Official) -> bool:
    """Whether the ground is of a class that this reader is not told (semantics 6)."""
    if person.post is Post.LEO or not isinstance(decision, Notify | Hold):
        return False
    return any(held.kind in GROUND_FOR_THE_LEO for held in decision.held)


def _carried(kind: str, every: list[dict[str, Any]], known: Known) -> tuple[str, str, list[Fold]]:
    said = every[0]
    delivery = known.deliveries.get(said.get("delivery", ""))
    notice = known.notices.get(said.get("notice") or (delivery.notice if delivery else ""))
    words = _words(kind, said)
    if kind == "delivery.accepted" and said.get("rung"):
        words = SAID[Rung(said["rung"])].capitalize()
    if notice is None:
        return words, "", []
    href = f"/concerns/{notice.concern}/notices/{notice.id}"
    folds = [Fold(label="Notice", says=notice_words(notice.template), href=href)]
    folds += [
        Fold(label="Chased by", says=f"{one.by.name}, {one.by.post}: {one.reason}")
        for one in known.chased
        if one.id == said.get("chase")
    ]
    for each in every:
        if one := known.deliveries.get(each.get("delivery", "")):
            says = f"{one.channel}, to {_contact(one, known)}"
            raw = evidence_address(notice.concern, DeliveryId(one.id))
            folds.append(Fold(label="By", says=says, href=raw))
    return f"{words}: {notice_words(notice.template)}", known.name(notice.party), folds


def _contact(delivery: Delivery, known: Known) -> str:
    """Return what the mailbox or webhook is, never its address."""
    found = next((c for c in known.directory.contacts if c.id == delivery.target), None)
    return found.name if found else "its system"


def _person(said: Mapping[str, Any], known: Known) -> str:
    person = said.get("person", "")
    if person == known.person.id:
        return known.person.name
    asked = known.asked
    people = {one.by.id: one.by.name for one in asked}
    people |= {one.decided.by.id: one.decided.by.name for one in asked if one.decided}
    for one in known.accesses:
        people[one.by.id] = f"{one.by.name}, {named(one.agency, known.directory)}"
        if one.review is not None:
            people[one.review.by.id] = one.review.by.name
    return people.get(person, "somebody of your authority" if person else "")


def _reasons(said: Mapping[str, Any], known: Known) -> list[Fold]:
    one = next((each for each in known.asked if each.id == said.get("request")), None)
    if one is None:
        return _of_emergency(said, known)
    folds = [Fold(label="Asked by", says=f"{one.by.name}, {one.by.post}: {one.reason}")]
    if one.left_out:
        names = ", ".join(fact_words(name) for name in sorted(one.left_out))
        folds.append(Fold(label="Left out", says=names))
    if one.decided is not None:
        why = f": {one.decided.reason}" if one.decided.reason else ""
        says = f"{one.decided.by.name}, {one.decided.by.post}{why}"
        folds.append(Fold(label=str(one.decided.became).capitalize() + " by", says=says))
    return folds


def _of_emergency(said: Mapping[str, Any], known: Known) -> list[Fold]:
    one = next((each for each in known.accesses if each.id == said.get("access")), None)
    if one is None:
        return []
    organisation = named(one.agency, known.directory)
    says = f"{one.by.name}, {one.by.post}, {organisation}: {one.reason}"
    folds = [Fold(label="Emergency access", says=says)]
    if one.review is not None:
        folds.append(Fold(label=str(one.review.judged).capitalize(), says=one.review.reason))
    return folds


def _raw(leaf: Logged, said: Mapping[str, Any], known: Known) -> str:
    # The rule of a decision, and the kind of a hold, say why something is held.
    secret = _hidden(known.decisions.get(said.get("decision", "")), known.person)
    if secret or (
        leaf.kind in {"delivery.stopped", "hold.put"} and known.person.post is not Post.LEO
    ):
        return "Ask the lead enquiry officer"
    return leaf.data.decode()


def filtered(word: str) -> tuple[Iterable[str], Iterable[str]]:
    """Return the kinds that a filter shows, and those that none does. Unknown words: everything."""
    found = FILTERS.get(word)
    return (found[1], ()) if found else ((), LOOKS)
