"""Lives of random worlds, and what is looked for in each: against tables written here by hand.

Each check returns what it finds in one world. Planted faults (test_worlds.py) prove that each can
find something.
"""

from __future__ import annotations

import quopri
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from random import Random
from typing import Any, Final

from hub.adapters.memory import SequentialMint
from hub.concern import Concern, Party
from hub.decision import Hold, Notify, OccasionKind
from hub.events import ClosureAuthorised, EmergencyClosureCqc
from hub.notice import Delivery
from hub.pack.rules import Pack
from hub.page import Page
from hub.plan import plan
from hub.vocabulary import AgencyId, Channel, HoldKind, InfoClass, Role
from tests.core.story import shared_tools
from tests.making import draw
from tests.worlds import (
    DECIDABLE,
    ENTITLED,
    START,
    C,
    PaperRegister,
    Planning,
    opened,
    random_events,
)

Check = Callable[[PaperRegister], Iterator[str]]


def lived(
    seed: int,
    planning: Planning = plan,
    pack: Pack | None = None,
    kept: type[PaperRegister] = PaperRegister,
) -> PaperRegister:
    """Live one world, `kept` by such a register: some of the queue is sent after each batch.

    Half of the events lead where it matters (holds, releases, the end); the others are of every
    type there is.
    """
    chosen = Random(seed)
    tools = replace(shared_tools(), mint=SequentialMint())
    if pack is not None:
        tools = replace(tools, pack=pack)
    register = kept(tools=tools, planning=planning)
    events = list(random_events(chosen, chosen.randint(2, 7)))
    for number in range(chosen.randint(1, 3)):
        at = START + timedelta(hours=number)
        if (drawn := draw(chosen, 1000 + number, at, tools)) is not None:
            register.whose[drawn.adults] = drawn.named
            events.insert(chosen.randint(0, len(events)), drawn.event)
    events.insert(0 if chosen.random() < 0.9 else 2, opened())
    at = START
    share = chosen.choice((0.05, 0.4))  # where little has left, more can still be stopped
    while events:
        size = chosen.randint(1, 3)
        batch, events = events[:size], events[size:]
        at += timedelta(minutes=30)
        register.take(*batch, now=at)
        register.send(chosen, share)
    return register


def words_of(delivery: Delivery) -> str:
    """Return everything a reader of this delivery sees, decoded, its raw bytes included."""
    raw = delivery.body.decode("utf-8")
    if delivery.channel is not Channel.EMAIL:
        return raw
    if _ENCODED.search(delivery.body) is None:
        # Neither an encoded word nor base64: what quoted-printable broke apart is joined here.
        return f"{raw}\n{quopri.decodestring(delivery.body).decode('utf-8', 'replace')}"
    mail = message_from_bytes(delivery.body)
    heads = [f"{name}: {make_header(decode_header(value))}" for name, value in mail.items()]
    parts = [
        part.get_payload(decode=True)
        for part in mail.walk()
        if part.get_content_maintype() == "text"
    ]
    texts = [part.decode("utf-8") for part in parts if isinstance(part, bytes)]
    assert texts
    return "\n".join([raw, *heads, *texts])


_ENCODED: Final = re.compile(rb"=\?|base64", re.IGNORECASE)


def deliveries(register: PaperRegister) -> Iterator[tuple[Page, Delivery]]:
    return ((page, d) for page in register.pages for d in page.deliveries)


# The checks.


def classes_too_many(register: PaperRegister) -> Iterator[str]:
    for page, delivery in deliveries(register):
        may = ENTITLED[delivery.party.role] | _decided_by_hand(page.concern, delivery.party)
        for info in delivery.classes - may:
            yield f"{delivery.party.role} is told {info}"


def _decided_by_hand(concern: Concern | None, party: Party) -> set[InfoClass]:
    """Return what somebody whose decision it is has decided that this party needs."""
    if concern is None:
        return set()
    found = set()
    for one in concern.disclosures:
        roles = {p.role for p in concern.parties() if p.agency == one.authority}
        for info in one.classes if one.party == party and one.share else ():
            if roles & DECIDABLE.get((party.role, info), frozenset()):
                found.add(info)
    return found


def bytes_too_many(register: PaperRegister) -> Iterator[str]:
    for _, delivery in deliveries(register):
        seen = words_of(delivery)
        for info, canary in C.items():
            freed = info is InfoClass.REGULATORY and _cause_is_released(register)
            if info not in delivery.classes and not freed and canary in seen:
                yield f"{delivery.party.role} reads {info}"
        mine = delivery.party.agency.split(":")[1]
        for other in {"E10000032", "E10000030", "E10000014", "QNX"} - {mine}:
            if f"{C[InfoClass.PLACED_ADULT]}-{other}" in seen:
                yield f"{delivery.party.role} reads of another's adult"
        for adults, named in register.whose.items():
            told = delivery.party.agency in named or delivery.party.role in _KNOW_ADULTS
            if adults in seen and not told:
                yield f"{delivery.party.role} reads of adults it was not named for"


_KNOW_ADULTS: Final = frozenset({Role.HOST_AUTHORITY, Role.POLICE})
"""Who knows of every adult, by the matrix."""


def _cause_is_released(register: PaperRegister) -> bool:
    """Once served and released by name the cause is a fact of the process (M105)."""
    orders = (e.data for e in register.known.values() if isinstance(e.data, EmergencyClosureCqc))
    return any(order.served_at and order.released_by for order in orders)


def sent_while_held(register: PaperRegister) -> Iterator[str]:
    for sent in register.sent:
        held = {h.info for h in sent.holds if h.party == sent.delivery.party}
        held |= _held_by_hand(sent.concern, sent.delivery)
        if sent.delivery.classes & held:
            yield f"{sent.delivery.party.role} is sent what is held"


def _held_by_hand(concern: Concern, delivery: Delivery) -> set[InfoClass]:
    """Return what people and the police hold from this reader, by the mission's own words."""
    mine = [h for h in concern.holds if h.party == delivery.party and h.kind is not HoldKind.H6]
    held = {info for hold in mine for info in hold.classes}
    if delivery.party.role is Role.PROVIDER and concern.criminal in {
        "yes",
        "crime suspected",
        "unknown",
    }:
        if concern.police_advice == "partial release":
            held |= set(InfoClass) - concern.police_released
        elif concern.police_advice != "release":
            held |= set(InfoClass)
    return held


def sent_before_anybody_knows(register: PaperRegister) -> Iterator[str]:
    for sent in register.sent:
        concern = sent.concern
        unknown = concern.criminal == "unknown" and concern.police_advice == "unknown"
        if unknown and sent.delivery.party.role is Role.PROVIDER:
            yield "the provider is sent something while nobody knows of a crime"


def first_heard_at_the_end(register: PaperRegister) -> Iterator[str]:
    heard: set[Party] = set()
    named: set[AgencyId] = set()
    for page in register.pages:
        # Several events are planned on one page: whoever any authorisation of it names is named.
        for key in page.applied:
            if isinstance(data := register.known[key].data, ClosureAuthorised):
                named |= {hearing.party for hearing in data.first_hearings}
        for decision in page.decisions:
            party = decision.party
            if isinstance(decision, Notify):
                first = party not in heard and party.agency not in named
                if decision.notice == "closure-notice" and first:
                    yield f"{party.role} first hears at the end"
                heard.add(party)


def unanswered_occasions(register: PaperRegister) -> Iterator[str]:
    for page in register.pages:
        by_occasion: dict[str, list[Any]] = {}
        for decision in page.decisions:
            by_occasion.setdefault(decision.occasion.id, []).append(decision.party)
            why = decision.reason
            if not (why.sentence and why.paragraph and why.rule and decision.pack):
                yield "a decision without its reason"
        for parties in by_occasion.values():
            if len(parties) != len(set(parties)):
                yield "a party with two decisions"
            if len(parties) < 8:
                yield "a party without a decision"
        if by_occasion and page.concern is not None:
            last = list(by_occasion.values())[-1]
            if tuple(last) != page.concern.parties():
                yield "a party without a decision"


def told_twice(register: PaperRegister) -> Iterator[str]:
    told = Counter((d.occasion.id, d.party) for d in register.decisions() if isinstance(d, Notify))
    notices = Counter(n.decision for n in register.notices())
    if any(count > 1 for count in told.values()) or set(notices.values()) - {1}:
        yield "somebody is told twice"
    if len(notices) != len(told):
        yield "a decision to tell without its notice"


def forgotten_at_the_end(register: PaperRegister) -> Iterator[str]:
    """Whoever was told or held anything hears of the end, or it is held from it by name."""
    heard: set[Party] = set()
    for page in register.pages:
        mistaken = page.concern.mistaken if page.concern is not None else frozenset()
        for decision in page.decisions:
            party, occasion = decision.party, decision.occasion
            of_the_end = (occasion.kind, occasion.event_name) == _THE_END
            owed = party in heard and party not in mistaken and not occasion.again
            if of_the_end and owed and not isinstance(decision, Notify | Hold):
                yield f"{party.role} heard before, and nothing of the end"
            if isinstance(decision, Notify | Hold):
                heard.add(party)


_THE_END: Final = (OccasionKind.EVENT, ClosureAuthorised.wire)


def never_queued(register: PaperRegister) -> Iterator[str]:
    for page in register.pages:
        if {n.id for n in page.notices} != {d.notice for d in page.deliveries}:
            yield "a notice without a delivery"


CHECKS: Final[tuple[Check, ...]] = (
    classes_too_many,
    bytes_too_many,
    sent_while_held,
    sent_before_anybody_knows,
    first_heard_at_the_end,
    unanswered_occasions,
    told_twice,
    forgotten_at_the_end,
    never_queued,
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was found in many worlds, and what there was to be found."""

    found: tuple[tuple[int, str, str], ...] = ()
    """Seed, check, and what it says."""
    counts: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Seen) -> Seen:
        """Return both together."""
        return Seen(found=self.found + other.found, counts=self.counts + other.counts)

    def by(self, check: Check) -> list[str]:
        """Return what one check found, each with its seed."""
        return [f"{seed}: {says}" for seed, name, says in self.found if name == check.__name__]


def look(seeds: Sequence[int]) -> Seen:
    """Live these worlds and look at each; every twentieth is lived twice and must be the same."""
    seen = Seen()
    for seed in seeds:
        register = lived(seed)
        found = [(seed, check.__name__, says) for check in CHECKS for says in check(register)]
        if seed % 20 == 0 and lived(seed).pages != register.pages:
            found.append((seed, "lived", "another answer the second time"))
        seen += Seen(found=tuple(found), counts=_counted(register))
    return seen


def _counted(register: PaperRegister) -> Counter[str]:
    pages = register.pages
    return Counter(
        worlds=1,
        sent=len(register.sent),
        stopped=any(page.stops for page in pages),
        waited=any(page.waiting for page in pages),
        refused=any(page.refused for page in pages),
        closed=register.standing.concern is not None
        and register.concern.closure_authorised is not None,
        **{f"notice {n.template}": 1 for n in register.notices()},
        **{f"event {d.occasion.event_name}": 1 for d in register.decisions()},
    )
