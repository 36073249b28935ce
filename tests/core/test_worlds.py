"""Random worlds: nobody reads a class too many, nobody is forgotten, nobody is told twice.

What is looked for stands in living.py, against tables written by hand: each of its checks is
looked for in each of ten thousand worlds (in more by `make soak`). Planted faults prove that each
check can find one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

import pytest

from hub.concern import Concern
from hub.decision import Decision, History, Occasion
from hub.events import EVENTS
from hub.events.envelope import Event
from hub.pack.rules import Pack
from hub.page import Page, Standing
from hub.plan import Tools, plan
from hub.plan.desk import Desk
from hub.vocabulary import Channel, InfoClass, Role
from tests.core.living import (
    Check,
    Seen,
    bytes_too_many,
    classes_too_many,
    deliveries,
    first_heard_at_the_end,
    forgotten_at_the_end,
    lived,
    look,
    never_queued,
    sent_before_anybody_knows,
    sent_while_held,
    told_twice,
    unanswered_occasions,
    words_of,
)
from tests.core.story import shared_tools
from tests.worlds import C, PaperRegister, Planning

WORLDS: Final = 10_000
MANY: Final = 50_000
AT_ONCE: Final = 1_000
"""Worlds that one test looks at: enough that nearly everything comes up among them."""
SOME: Final = 200
FEWER: Final = 40
"""Worlds for a planted fault: enough that each one comes up."""

pytestmark = pytest.mark.timeout(1800)


def shares(first: int, last: int) -> list[range]:
    return [range(seed, seed + AT_ONCE) for seed in range(first, last, AT_ONCE)]


@pytest.mark.parametrize(
    "seeds",
    [
        *shares(0, WORLDS),
        *(pytest.param(seeds, marks=pytest.mark.soak) for seeds in shares(WORLDS, MANY)),
    ],
    ids=lambda seeds: f"{seeds[0]} to {seeds[-1]}",
)
def test_no_check_finds_anything_in_any_world(seeds: range) -> None:
    seen = look(seeds)

    assert seen.found == ()
    _are_worth_looking_at(seen)


def _are_worth_looking_at(seen: Seen) -> None:
    counts, routes = seen.counts, shared_tools().pack.routes
    worlds = counts["worlds"]
    assert worlds == AT_ONCE
    assert counts["sent"] > 10 * worlds
    assert counts["stopped"] > worlds // 8
    assert counts["waited"] > worlds // 2
    assert counts["refused"] > worlds // 20
    assert counts["closed"] > worlds // 8
    assert sum(bool(counts[f"event {name}"]) for name in EVENTS) > 0.8 * len(EVENTS)
    notices = {route.notice for route in routes}
    assert sum(bool(counts[f"notice {name}"]) for name in notices) > 0.7 * len(notices)


# What each check stands for, by its row, in some further worlds.


@pytest.fixture
def seen() -> Seen:
    return in_some()


@cache
def in_some() -> Seen:
    return look(range(MANY, MANY + SOME))


def test_M070_nobody_is_told_a_class_too_many(seen: Seen) -> None:
    assert seen.by(classes_too_many) == []


def test_M070_no_byte_of_any_delivery_holds_a_class_its_reader_may_not_read(seen: Seen) -> None:
    assert seen.by(bytes_too_many) == []


def test_M072_what_is_held_is_never_sent_before_its_release(seen: Seen) -> None:
    assert seen.by(sent_while_held) == []


def test_M055_a_provider_reads_nothing_while_the_criminal_status_is_unknown(seen: Seen) -> None:
    assert seen.by(sent_before_anybody_knows) == []


def test_B02_every_occasion_has_exactly_one_decision_for_every_party(seen: Seen) -> None:
    assert seen.by(unanswered_occasions) == []


def test_B03_nobody_is_told_twice_of_the_same_occasion(seen: Seen) -> None:
    assert seen.by(told_twice) == []


def test_M101_nobody_first_hears_at_the_end_unless_the_chair_named_it(seen: Seen) -> None:
    assert seen.by(first_heard_at_the_end) == []


def test_M101_whoever_was_ever_told_or_held_hears_of_the_end_or_it_is_held(seen: Seen) -> None:
    assert seen.by(forgotten_at_the_end) == []


def test_every_notice_reaches_the_queue_by_at_least_one_channel(seen: Seen) -> None:
    assert seen.by(never_queued) == []


def test_B02_replaying_the_same_events_gives_the_same_pages(seen: Seen) -> None:
    assert [found for found in seen.found if found[1] == "lived"] == []


# Planted faults: each check can find one.


def planted(
    planning: Planning = plan, pack: Pack | None = None, seeds: Iterable[int] = range(FEWER)
) -> Sequence[PaperRegister]:
    return tuple(lived(seed, planning, pack) for seed in seeds)


def over(check: Check, some: Iterable[PaperRegister]) -> list[str]:
    return [says for register in some for says in check(register)]


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


class TellsWhatIsHeld(Desk):
    """A desk that decides as though nobody had placed a hold."""

    def _decide(self, occasion: Occasion, event: Event, concern: Concern) -> None:
        super()._decide(occasion, event, replace(concern, holds=()))


class ForgetsWhoHeard(Desk):
    """A desk that decides as though nothing had been decided before."""

    def _decide(self, occasion: Occasion, event: Event, concern: Concern) -> None:
        self.history, before = History(), self.history
        super()._decide(occasion, event, concern)
        self.history = History(told=before.told + self.history.told)


class SkipsSomebody(Desk):
    """A desk that has no decision for the last party that was found."""

    def enter(self, decisions: tuple[Decision, ...], event: Event, concern: Concern) -> None:
        super().enter(decisions[:-1], event, concern)


class DecidesTwice(Desk):
    """A desk that decides each event again for whoever it has told."""

    def _decide(self, occasion: Occasion, event: Event, concern: Concern) -> None:
        super()._decide(occasion, event, concern)
        super()._decide(occasion, event, concern)


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
    found = set(over(classes_too_many, planted(pack=sharing_the_person_alleged())))

    assert found == {"provider is told person alleged"}


def test_M072_a_pack_without_the_polices_rule_is_found_out() -> None:
    some = planted(pack=without("W1"))

    assert set(over(sent_while_held, some)) == {"provider is sent what is held"}
    assert over(sent_before_anybody_knows, some)


def test_M101_a_pack_without_the_chairs_rule_is_found_out() -> None:
    found = over(first_heard_at_the_end, planted(pack=without("W2")))

    assert found


def test_a_plan_that_stops_nothing_is_found_out() -> None:
    assert over(sent_while_held, planted(with_desk(StopsNothing)))


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (TellsWhatIsHeld, sent_while_held),
        (ForgetsWhoHeard, forgotten_at_the_end),
        (SkipsSomebody, unanswered_occasions),
        (DecidesTwice, told_twice),
    ],
)
def test_B02_B03_M101_a_plan_that_decides_wrongly_is_found_out(
    kind: type[Desk], check: Check
) -> None:
    assert over(check, planted(with_desk(kind)))


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

    found = over(bytes_too_many, planted(after_planning(leak), seeds=range(4)))

    assert any(said.endswith(f"reads {info}") for said in found)


def test_M026_words_that_say_another_authoritys_adult_are_found_out() -> None:
    def leak(page: Page) -> Page:
        mark = f"{C[InfoClass.PLACED_ADULT]}-E10000014".encode()
        return replace(
            page, deliveries=tuple(replace(d, body=d.body + mark) for d in page.deliveries)
        )

    found = over(bytes_too_many, planted(after_planning(leak), seeds=range(4)))

    assert "regulator reads of another's adult" in found


def test_what_only_a_decoded_mail_shows_is_read_too() -> None:
    (mail, *_) = [
        d for _, d in deliveries(planted(seeds=range(1))[0]) if d.channel is Channel.EMAIL
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
        found += list(check(spoiled))

    assert found
