"""Random worlds: nobody reads a class too many, nobody is forgotten, nobody is told twice.

What is looked for stands in living.py, against tables written by hand. Here it is looked for in
many worlds, on every core there is (in ten thousand by `make soak`); planted faults prove that each
check can find one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from typing import Any, Final

import pytest

from hub.concern import Concern
from hub.events import EVENTS
from hub.events.envelope import Event
from hub.pack.rules import Pack
from hub.page import Page, Standing
from hub.plan import Tools, plan
from hub.plan.desk import Desk
from hub.vocabulary import Channel, InfoClass, Role
from tests.core.living import (
    CHECKS,
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

WORLDS: Final = 1_500
MANY: Final = 10_000
AT_ONCE: Final = 50
FEWER: Final = 40
"""Worlds for a planted fault: enough that each one comes up."""

pytestmark = pytest.mark.timeout(1800)  # whichever test comes first lives all the worlds


@pytest.fixture(params=[WORLDS, pytest.param(MANY, marks=pytest.mark.soak)])
def seen(request: pytest.FixtureRequest) -> Seen:
    """Return what there is in so many worlds."""
    return looked_at(request.param)


@cache
def looked_at(worlds: int) -> Seen:
    """Look at so many worlds, once."""
    shares = [range(first, first + AT_ONCE) for first in range(0, worlds, AT_ONCE)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as workers:
        return sum(workers.map(look, shares), Seen())


# They find nothing.


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


def test_M101_whoever_was_ever_told_or_held_is_in_the_closure_set(seen: Seen) -> None:
    assert seen.by(forgotten_at_the_end) == []


def test_every_notice_reaches_the_queue_by_at_least_one_channel(seen: Seen) -> None:
    assert seen.by(never_queued) == []


def test_B02_replaying_the_same_events_gives_the_same_pages(seen: Seen) -> None:
    assert [found for found in seen.found if found[1] == "lived"] == []


def test_nothing_else_was_found_in_any_world(seen: Seen) -> None:
    assert {name for _, name, _ in seen.found} <= {check.__name__ for check in CHECKS}


def test_the_worlds_are_worth_looking_at(seen: Seen) -> None:
    counts = seen.counts
    worlds = counts["worlds"]

    assert worlds in {WORLDS, MANY}
    assert counts["sent"] > 10 * worlds
    assert counts["stopped"] > worlds // 8
    assert counts["waited"] > worlds // 2
    assert counts["refused"] > worlds // 20
    assert counts["closed"] > worlds // 8


def test_nearly_every_type_of_event_and_every_notice_comes_up_in_some_world(seen: Seen) -> None:
    counts = seen.counts

    events = {name for name in EVENTS if counts[f"event {name}"]}
    routed = {route.notice for route in shared_tools().pack.routes}
    assert len(events) > 0.8 * len(EVENTS)
    assert sum(bool(counts[f"notice {name}"]) for name in routed) > 0.7 * len(routed)


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
