"""Random worlds: nobody reads a class too many, nobody is forgotten, nobody is told twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from functools import cache
from random import Random

import pytest

from hub.adapters.memory import SequentialMint
from hub.closure import closure_set
from hub.decision import Notify
from hub.notice import Delivery
from hub.vocabulary import Channel, InfoClass, Role
from tests.worlds import ENTITLED, START, C, PaperRegister, opened, random_events, tools

WORLDS = 120
TOOLS = tools()


@cache
def live(seed: int) -> PaperRegister:
    """Live one world: some of the queue is sent after each batch of events."""
    chosen = Random(seed)
    register = PaperRegister(tools=replace(TOOLS, mint=SequentialMint()))
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


def words_of(delivery: Delivery) -> str:
    """Return everything a reader of this delivery sees, decoded, its raw bytes included."""
    raw = delivery.body.decode("utf-8")
    if delivery.channel is not Channel.EMAIL:
        return raw
    mail = BytesParser(policy=policy.default).parsebytes(delivery.body)
    parts = [
        str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"
    ]
    return "\n".join([raw, *(f"{k}: {v}" for k, v in mail.items()), *parts])


@pytest.mark.parametrize("block", range(5))
def test_M070_no_byte_of_any_delivery_holds_a_class_its_reader_may_not_read(block: int) -> None:
    read = 0
    for seed in range(block * WORLDS // 5, (block + 1) * WORLDS // 5):
        register = live(seed)
        for page in register.pages:
            for delivery in page.deliveries:
                read += 1
                assert delivery.classes <= ENTITLED[delivery.party.role], seed
                seen = words_of(delivery)
                for info, canary in C.items():
                    freed = info is InfoClass.REGULATORY and _cause_is_released(register)
                    if info not in delivery.classes and not freed:
                        assert canary not in seen, (seed, delivery.party, info)
                mine = delivery.party.agency.split(":")[1]
                for other in ("E10000032", "E10000030", "E10000014", "QNX"):
                    if other != mine:
                        assert f"{C[InfoClass.PLACED_ADULT]}-{other}" not in seen, seed

    assert read > WORLDS


def _cause_is_released(register: PaperRegister) -> bool:
    emergency = register.standing.concern.emergency if register.standing.concern else None
    return emergency is not None


def test_M072_what_is_held_is_never_sent_before_its_release() -> None:
    sent = 0
    for seed in range(WORLDS):
        for delivery, holds in live(seed).sent:
            sent += 1
            held = {h.info for h in holds if h.party == delivery.party}
            assert not delivery.classes & held, seed

    assert sent > WORLDS


def test_M055_a_provider_reads_nothing_while_the_criminal_status_is_unknown() -> None:
    quiet = 0
    for seed in range(WORLDS):
        register = live(seed)
        for page in register.pages:
            concern = page.concern
            if concern is None or concern.criminal not in {"unknown", "yes", "crime suspected"}:
                continue
            if concern.police_advice == "unknown":
                quiet += 1
                waiting = {u.delivery for u in register.queue.values()}
                assert not any(
                    d.party.role is Role.PROVIDER and d.id in waiting
                    for d in page.deliveries
                    if page is register.pages[-1]
                ), seed

    assert quiet > WORLDS


def test_B02_every_occasion_has_exactly_one_decision_for_every_party() -> None:
    for seed in range(WORLDS):
        for page in live(seed).pages:
            by_occasion: dict[str, list[str]] = {}
            for decision in page.decisions:
                key = f"{decision.party.agency}|{decision.party.role}"
                by_occasion.setdefault(decision.occasion.id, []).append(key)
                assert decision.reason.sentence and decision.reason.rule and decision.pack
            for parties in by_occasion.values():
                assert len(parties) == len(set(parties)), seed
                assert len(parties) >= 8, seed


def test_B03_nobody_is_told_twice_of_the_same_occasion() -> None:
    for seed in range(WORLDS):
        register = live(seed)
        told = Counter(
            (d.occasion.id, d.party) for d in register.decisions() if isinstance(d, Notify)
        )
        notices = Counter(n.decision for n in register.notices())

        assert not [key for key, count in told.items() if count > 1], seed
        assert set(notices.values()) <= {1}, seed
        assert len(notices) == len(told), seed


def test_B02_replaying_the_same_events_gives_the_same_pages() -> None:
    for seed in range(0, WORLDS, 10):
        assert live.__wrapped__(seed).pages == live(seed).pages, seed


def test_M101_whoever_was_ever_told_or_held_is_in_the_closure_set() -> None:
    for seed in range(WORLDS):
        register = live(seed)
        if register.standing.concern is None:
            continue
        history = register.standing.history
        everyone = closure_set(register.concern, history)

        assert history.ever_told() <= everyone, seed
        assert history.ever_held() <= everyone, seed


def test_every_notice_reaches_the_queue_by_at_least_one_channel() -> None:
    for seed in range(WORLDS):
        for page in live(seed).pages:
            sent = {d.notice for d in page.deliveries}
            assert {n.id for n in page.notices} == sent, seed
