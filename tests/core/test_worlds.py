"""Random worlds: nobody reads a class too many, nobody is forgotten, nobody is told twice.

Each check returns what it finds, against tables written here by hand. Planted faults prove that
each check can find something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from functools import cache
from random import Random
from typing import Any, Final

import pytest

from hub.adapters.memory import SequentialMint
from hub.closure import closure_set
from hub.concern import Concern, Party
from hub.decision import Notify
from hub.events.envelope import Event
from hub.notice import Delivery
from hub.pack.rules import Pack
from hub.page import Page, Standing
from hub.plan import Tools, plan
from hub.plan.desk import Desk
from hub.vocabulary import Channel, HoldKind, InfoClass, Role
from tests.core.story import shared_tools
from tests.worlds import ENTITLED, START, C, PaperRegister, Planning, opened, random_events

WORLDS: Final = 120
FEWER: Final = 40
"""Worlds for a planted fault: enough that each one comes up."""

Worlds = Sequence[PaperRegister]
Check = Callable[[Worlds], Iterator[str]]


def lived(seed: int, planning: Planning = plan, pack: Pack | None = None) -> PaperRegister:
    """Live one world: some of the queue is sent after each batch of events."""
    chosen = Random(seed)
    tools = replace(shared_tools(), mint=SequentialMint())
    if pack is not None:
        tools = replace(tools, pack=pack)
    register = PaperRegister(tools=tools, planning=planning)
    events = list(random_events(chosen, chosen.randint(4, 16)))
    events.insert(0 if chosen.random() < 0.9 else 2, opened())
    at = START
    while events:
        size = chosen.randint(1, 3)
        batch, events = events[:size], events[size:]
        at += timedelta(minutes=30)
        register.take(*batch, now=at)
        register.send(chosen)
    return register


@cache
def worlds() -> Worlds:
    return tuple(lived(seed) for seed in range(WORLDS))


def words_of(delivery: Delivery) -> str:
    """Return everything a reader of this delivery sees, decoded, its raw bytes included."""
    raw = delivery.body.decode("utf-8")
    if delivery.channel is not Channel.EMAIL:
        return raw
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


def deliveries(some: Worlds) -> Iterator[tuple[PaperRegister, Page, Delivery]]:
    return ((r, page, d) for r in some for page in r.pages for d in page.deliveries)


# The checks.


def classes_too_many(some: Worlds) -> Iterator[str]:
    for _, _, delivery in deliveries(some):
        for info in delivery.classes - ENTITLED[delivery.party.role]:
            yield f"{delivery.party.role} is told {info}"


def bytes_too_many(some: Worlds) -> Iterator[str]:
    for register, _, delivery in deliveries(some):
        seen = words_of(delivery)
        for info, canary in C.items():
            freed = info is InfoClass.REGULATORY and _cause_is_released(register)
            if info not in delivery.classes and not freed and canary in seen:
                yield f"{delivery.party.role} reads {info}"
        mine = delivery.party.agency.split(":")[1]
        for other in {"E10000032", "E10000030", "E10000014", "QNX"} - {mine}:
            if f"{C[InfoClass.PLACED_ADULT]}-{other}" in seen:
                yield f"{delivery.party.role} reads of another's adult"


def _cause_is_released(register: PaperRegister) -> bool:
    """Once served and released by name the cause is a fact of the process (M105)."""
    concern = register.standing.concern
    return concern is not None and concern.emergency is not None


def sent_while_held(some: Worlds) -> Iterator[str]:
    for register in some:
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


def sent_before_anybody_knows(some: Worlds) -> Iterator[str]:
    for register in some:
        for sent in register.sent:
            concern = sent.concern
            unknown = concern.criminal == "unknown" and concern.police_advice == "unknown"
            if unknown and sent.delivery.party.role is Role.PROVIDER:
                yield "the provider is sent something while nobody knows of a crime"


def first_heard_at_the_end(some: Worlds) -> Iterator[str]:
    for register in some:
        heard: set[Party] = set()
        for page in register.pages:
            closing = page.concern.closure_authorised if page.concern else None
            named = {h.party for h in closing.first_hearings} if closing else set()
            for decision in page.decisions:
                party = decision.party
                if isinstance(decision, Notify):
                    first = party not in heard and party.agency not in named
                    if decision.notice == "closure-notice" and first:
                        yield f"{party.role} first hears at the end"
                    heard.add(party)


def unanswered_occasions(some: Worlds) -> Iterator[str]:
    for register in some:
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


def told_twice(some: Worlds) -> Iterator[str]:
    for register in some:
        told = Counter(
            (d.occasion.id, d.party) for d in register.decisions() if isinstance(d, Notify)
        )
        notices = Counter(n.decision for n in register.notices())
        if any(count > 1 for count in told.values()) or set(notices.values()) - {1}:
            yield "somebody is told twice"
        if len(notices) != len(told):
            yield "a decision to tell without its notice"


def forgotten_at_the_end(some: Worlds) -> Iterator[str]:
    for register in some:
        if register.standing.concern is not None:
            history = register.standing.history
            everyone = closure_set(register.concern, history)
            if (history.ever_told() | history.ever_held()) - everyone:
                yield "somebody who heard is not told of the end"


def never_queued(some: Worlds) -> Iterator[str]:
    for register in some:
        for page in register.pages:
            if {n.id for n in page.notices} != {d.notice for d in page.deliveries}:
                yield "a notice without a delivery"


# They find nothing.


@pytest.mark.parametrize("block", range(5))
def test_M070_no_byte_of_any_delivery_holds_a_class_its_reader_may_not_read(block: int) -> None:
    some = worlds()[block * WORLDS // 5 : (block + 1) * WORLDS // 5]

    assert list(classes_too_many(some)) == []
    assert list(bytes_too_many(some)) == []


def test_M072_what_is_held_is_never_sent_before_its_release() -> None:
    assert list(sent_while_held(worlds())) == []


def test_M055_a_provider_reads_nothing_while_the_criminal_status_is_unknown() -> None:
    assert list(sent_before_anybody_knows(worlds())) == []


def test_B02_every_occasion_has_exactly_one_decision_for_every_party() -> None:
    assert list(unanswered_occasions(worlds())) == []


def test_B03_nobody_is_told_twice_of_the_same_occasion() -> None:
    assert list(told_twice(worlds())) == []


def test_M101_nobody_first_hears_at_the_end_unless_the_chair_named_it() -> None:
    assert list(first_heard_at_the_end(worlds())) == []


def test_M101_whoever_was_ever_told_or_held_is_in_the_closure_set() -> None:
    assert list(forgotten_at_the_end(worlds())) == []


def test_every_notice_reaches_the_queue_by_at_least_one_channel() -> None:
    assert list(never_queued(worlds())) == []


def test_B02_replaying_the_same_events_gives_the_same_pages() -> None:
    for seed in range(0, WORLDS, 10):
        assert lived(seed).pages == worlds()[seed].pages, seed


def test_the_worlds_are_worth_looking_at() -> None:
    pages = [page for register in worlds() for page in register.pages]

    assert sum(len(r.sent) for r in worlds()) > 10 * WORLDS
    assert sum(bool(page.stops) for page in pages) > WORLDS // 8
    assert sum(bool(page.waiting) for page in pages) > WORLDS
    assert sum(bool(page.refused) for page in pages) > WORLDS // 20
    assert sum(r.concern.closure_authorised is not None for r in worlds()) > WORLDS // 8
    assert {n.template for r in worlds() for n in r.notices()} >= {
        "concern-opened",
        "current-position",
        "closure-notice",
        "emergency-closure",
        "placing-authority-alert",
    }


# Planted faults: each check can find one.


def planted(
    planning: Planning = plan, pack: Pack | None = None, seeds: Iterable[int] = range(FEWER)
) -> Worlds:
    return tuple(lived(seed, planning, pack) for seed in seeds)


def without(rule: str) -> Pack:
    pack = shared_tools().pack
    assert rule in {w.id for w in pack.withholds}
    return replace(pack, withholds=tuple(w for w in pack.withholds if w.id != rule))


def sharing_the_person_alleged() -> Pack:
    more = frozenset({InfoClass.PERSON_ALLEGED})
    pack = without("W6")
    return replace(
        pack,
        shares=tuple(
            replace(s, classes=s.classes | more) if Role.PROVIDER in s.roles else s
            for s in pack.shares
        ),
        routes=tuple(
            replace(r, classes=r.classes | more) if Role.PROVIDER in r.roles else r
            for r in pack.routes
        ),
    )


class StopsNothing(Desk):
    """A desk that leaves in the queue what is held now."""

    def _stop(self, concern: Concern) -> set[Any]:
        return set()


def with_desk(kind: type[Desk]) -> Planning:
    def planning(standing: Standing, events: Sequence[Event], tools: Tools, now: datetime) -> Page:
        desk = kind(standing=standing, tools=tools, now=now)
        for event in events:
            desk.take(event)
        return desk.page(events[0])

    return planning


def after_planning(change: Callable[[Page], Page]) -> Planning:
    def planning(standing: Standing, events: Sequence[Event], tools: Tools, now: datetime) -> Page:
        return change(plan(standing, events, tools, now))

    return planning


def test_a_pack_that_names_the_person_alleged_to_the_provider_is_found_out() -> None:
    found = set(classes_too_many(planted(pack=sharing_the_person_alleged())))

    assert found == {"provider is told person alleged"}


def test_M072_a_pack_without_the_polices_rule_is_found_out() -> None:
    some = planted(pack=without("W1"))

    assert set(sent_while_held(some)) == {"provider is sent what is held"}
    assert list(sent_before_anybody_knows(some))


def test_M101_a_pack_without_the_chairs_rule_is_found_out() -> None:
    found = set(first_heard_at_the_end(planted(pack=without("W2"))))

    assert found


def test_a_plan_that_stops_nothing_is_found_out() -> None:
    assert set(sent_while_held(planted(with_desk(StopsNothing))))


@pytest.mark.parametrize("info", [i for i in InfoClass if i is not InfoClass.PROCESS])
def test_M070_words_that_say_one_class_too_many_are_found_out(info: InfoClass) -> None:
    def leak(page: Page) -> Page:
        mark = C[info].encode()
        return replace(
            page,
            deliveries=tuple(
                d if info in d.classes else replace(d, body=d.body + mark) for d in page.deliveries
            ),
        )

    found = list(bytes_too_many(planted(after_planning(leak), seeds=range(4))))

    assert any(said.endswith(f"reads {info}") for said in found)


def test_M026_words_that_say_another_authoritys_adult_are_found_out() -> None:
    def leak(page: Page) -> Page:
        mark = f"{C[InfoClass.PLACED_ADULT]}-E10000014".encode()
        return replace(
            page, deliveries=tuple(replace(d, body=d.body + mark) for d in page.deliveries)
        )

    found = list(bytes_too_many(planted(after_planning(leak), seeds=range(4))))

    assert "regulator reads of another's adult" in found


def test_what_only_a_decoded_mail_shows_is_read_too() -> None:
    (mail, *_) = [
        d for _, _, d in deliveries(planted(seeds=range(1))) if d.channel is Channel.EMAIL
    ]
    hidden = b"Subject: =?utf-8?q?CANARY=37X?=\r\nMIME-Version: 1.0\r\n"
    hidden += b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n'
    hidden += b"\r\nQ0FOQVJZNFg=\r\n"

    seen = words_of(replace(mail, body=hidden))

    assert C[InfoClass.REFERRER] in seen
    assert C[InfoClass.CRIMINAL] in seen


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda page: replace(page, decisions=page.decisions[1:]), unanswered_occasions),
        (lambda page: replace(page, decisions=page.decisions[:-1]), unanswered_occasions),
        (
            lambda page: replace(page, decisions=page.decisions + page.decisions[-1:]),
            unanswered_occasions,
        ),
        (lambda page: replace(page, notices=page.notices * 2), told_twice),
        (lambda page: replace(page, notices=page.notices[1:]), told_twice),
        (lambda page: replace(page, deliveries=()), never_queued),
    ],
)
def test_B02_B03_a_page_that_forgets_or_doubles_is_found_out(
    change: Callable[[Page], Page], check: Check
) -> None:
    found = []
    for register in planted(seeds=range(6)):
        spoiled = PaperRegister(tools=register.tools)
        spoiled.pages = [change(page) for page in register.pages]
        found += list(check([spoiled]))

    assert found
