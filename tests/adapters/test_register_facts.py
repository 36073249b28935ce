"""The register's contract: facts, written with what they are about, each for who may read it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import pytest

from hub.adapters.register import outbox
from hub.adapters.register.entry import BESIDE
from hub.adapters.register.sql import SqlRegister
from hub.closure import Attestation
from hub.concern import Party
from hub.directory import Publisher
from hub.events import HoldPlaced
from hub.events.envelope import Event, Fault
from hub.leaf import leaf
from hub.notice import Accepted
from hub.obligation import ObligationKind
from hub.page import Discharge, Page, RefusedEvent, StandingHold, Waiting
from hub.ports import Completion, Entry, OutgoingFact
from hub.receipt import Reached
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    EventId,
    HoldKind,
    InfoClass,
    Lane,
    PublisherId,
    Role,
    Rung,
    Setback,
)
from tests.adapters.conftest import Registers
from tests.adapters.test_register_returned import a_mail, filing_of
from tests.builders import (
    LONG_AGO,
    PLACING,
    directory,
    fresh,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    telling,
)

POLICE: Final = AgencyId("gss:E23000033")
POLICE_SOURCE: Final = "https://cases.sussex-police.example/concerns"
SURREY_SOURCE: Final = "https://cases.surrey.example/concerns"
PROVIDER: Final = Party(agency=AgencyId("cqc:1-1000000001"), role=Role.PROVIDER)
HELD: Final = StandingHold(
    party=PROVIDER, info=InfoClass.PROCESS, kind=HoldKind.H3, reason="a word that nobody is told"
)


def publisher(name: str, agency: AgencyId, source: str) -> Publisher:
    return Publisher(id=PublisherId(name), agency=agency, source=source, prefix=name)


async def seeded(register: SqlRegister) -> SqlRegister:
    known = directory()
    others = (
        publisher("police", POLICE, POLICE_SOURCE),
        publisher("surrey", PLACING.agency, SURREY_SOURCE),
        publisher("provider", PROVIDER.agency, "https://rosewood.example"),
    )
    await register.seed(replace(known, publishers=(*known.publishers, *others)))
    return register


async def write(register: SqlRegister, page: Page, *events: Event) -> None:
    async with register.entry() as entry:
        await entry.take(events)
        await entry.write(page)


async def told(register: SqlRegister, subscriber: str = "wscc") -> list[tuple[str, dict[str, Any]]]:
    """Return what waits for one subscriber, each with its data."""
    waiting = await register.facts(1000)
    mine = [one.told for one in waiting if one.told.subscriber == subscriber]
    return [(one.name.value, json.loads(one.body)["data"]) for one in mine]


async def names(register: SqlRegister, subscriber: str = "wscc") -> list[str]:
    return [name for name, _ in await told(register, subscriber)]


def says(concern: ConcernId, source: str, **data: Any) -> Event:  # noqa: ANN401 - of any field
    """Return a hold that a case system places."""
    whole = {
        "hold_id": "hold-1",
        "kind": "H3",
        "party": PROVIDER.agency,
        "role": "provider",
        "classes": ["process"],
        "placed_by": {"name": "Robin Hale", "role": "Inspector"},
        "reason": "a word that nobody is told",
        "review_due": "2026-03-05T09:00:00Z",
        "conditions_for_release": "when they say so",
    }
    event = opened(concern)
    body = json.dumps(whole | data).encode()
    return replace(
        event,
        id=EventId(fresh("event")),
        source=source,
        name="hold.placed",
        data=HoldPlaced.model_validate(whole | data),
        body=body,
        body_sha256=sha256(body).hexdigest(),
    )


def after(page: Page, event: Event | None = None, **changes: Any) -> Page:  # noqa: ANN401 - of any field
    """Return a later page of the same concern."""
    applied = () if event is None else ((event.source, event.id),)
    return Page(
        id=page.id,
        concern=page.concern,
        version=page.version + 1,
        at=LONG_AGO,
        applied=applied,
        **changes,
    )


async def opens(register: SqlRegister, *sources: str) -> Page:
    """Open a concern and tell Surrey; these sources have said something of it as well."""
    await seeded(register)
    event = opened()
    page = telling(event)
    more = [says(event.concern, source) for source in sources]
    applied = tuple((one.source, one.id) for one in (event, *more))
    await write(register, replace(page, applied=applied), event, *more)
    return page


async def emptied(register: SqlRegister) -> None:
    await register.published(await register.facts(1000))


async def test_a_page_tells_the_host_authority_what_is_queued_and_owed(
    register: SqlRegister,
) -> None:
    await seeded(register)
    event = opened()
    owed = obligation_of(event.concern)

    await write(register, telling(event, obligations=(owed,)), event)

    (queued, notice), (opening, owes) = await told(register)
    assert (queued, notice["agency"], notice["event"]) == (
        "notice.queued",
        PLACING.agency,
        event.id,
    )
    assert (opening, owes["obligation"], owes["kind"]) == (
        "obligation.opened",
        owed.id,
        owed.kind.value,
    )


@pytest.mark.parametrize("at_once", [1, 2, 4])
async def test_facts_of_one_page_are_all_told_in_order_whatever_is_written_at_once(
    register: SqlRegister, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(outbox, "AT_ONCE", at_once)
    await seeded(register)
    event = opened()
    owed = [obligation_of(event.concern, key=f"key {number}") for number in range(3)]

    await write(register, telling(event, obligations=tuple(owed)), event)

    queued, *opening = await told(register)
    assert queued[0] == "notice.queued"
    assert [said["obligation"] for _, said in opening] == [one.id for one in owed]


async def test_of_many_new_concerns_each_is_told_in_its_order_and_once(
    register: SqlRegister,
) -> None:
    await seeded(register)
    events = [opened() for _ in range(2 * BESIDE + 1)]
    owed = [obligation_of(event.concern) for event in events]
    pages = [telling(event, obligations=(one,)) for event, one in zip(events, owed, strict=True)]
    met = Discharge(kind=owed[0].kind, key=owed[0].key)

    async with register.entry() as entry:
        await entry.take(events)
        for page in pages:
            await entry.write(page)
        # What was written beside has been told of already.
        await entry.write(after(pages[0], discharges=(met,)))

    opening = ["notice.queued", "obligation.opened"]
    waiting = await register.facts(1000)
    mine = [one.told for one in waiting if one.told.subscriber == "wscc"]
    by_concern = {
        event.concern: [told.name.value for told in mine if told.concern == event.concern]
        for event in events
    }
    assert by_concern.pop(events[0].concern) == [*opening, "obligation.discharged"]
    assert list(by_concern.values()) == [opening] * (len(events) - 1)


async def test_what_is_published_waits_no_more_and_who_is_avoided_waits_on(
    register: SqlRegister,
) -> None:
    await opens(register)
    first = await register.facts(1000)
    assert len(first) == (await register.depths()).facts == 1

    assert await register.facts(1000, avoid={PublisherId("wscc")}) == ()
    await register.published(first)

    assert await register.facts(1000) == ()
    assert (await register.depths()).facts == 0


async def test_nothing_is_told_of_what_was_rolled_back(register: SqlRegister) -> None:
    await seeded(register)
    good, bad, worse = opened(), opened(), opened()

    async def fails(entry: Entry, event: Event) -> None:
        async with entry.savepoint():
            await entry.take([event])
            await entry.write(telling(event))
            raise ZeroDivisionError

    async def fails_whole() -> None:
        async with register.entry() as entry:
            await fails(entry, worse)

    with pytest.raises(ZeroDivisionError):
        await fails_whole()
    async with register.entry() as entry:
        await entry.take([good])
        await entry.write(telling(good))
        with pytest.raises(ZeroDivisionError):
            await fails(entry, bad)
        async with entry.savepoint():
            pass

    assert [one.told.concern for one in await register.facts(1000)] == [good.concern]


async def test_B04_a_rung_and_a_late_failure_are_told_in_their_order(register: SqlRegister) -> None:
    page = await opens(register)
    await emptied(register)
    delivery = page.deliveries[0]

    await register.receive([receipt_of(delivery)], [], [])
    await register.receive([receipt_of(delivery, rung=Rung.RELAYED)], [], [])
    late = receipt_of(
        delivery, rung=None, setback=Setback.LATE_FAILURE, at=LONG_AGO + timedelta(minutes=20)
    )
    await register.receive([late], [], [])

    said = [(name, data.get("after", data.get("setback"))) for name, data in await told(register)]
    assert said == [
        ("rung.changed", "submitted"),
        ("rung.changed", "relayed"),
        ("setback.recorded", "late failure"),
        ("rung.changed", "queued"),
    ]


async def test_B04_what_came_back_by_mail_is_told_with_what_it_is_read_as(
    register: SqlRegister,
) -> None:
    page = await opens(register)
    delivery, mail = page.deliveries[0], a_mail()
    await register.receive([receipt_of(delivery)], [], [])
    await register.keep_mail(mail)
    await emptied(register)

    assert await register.file_mail(filing_of(mail, delivery))

    said = await told(register)
    assert {name for name, _ in said} == {
        "obligation.opened",
        "rung.changed",
        "setback.recorded",
    }
    assert [data["after"] for name, data in said if name == "rung.changed"] == ["queued"]


async def test_a_completion_tells_its_rung_and_what_is_owed_no_more(register: SqlRegister) -> None:
    await seeded(register)
    event = opened()
    owed = obligation_of(event.concern, key="reach:1", kind=ObligationKind.REACH)
    await write(register, telling(event, obligations=(owed,)), event)
    await emptied(register)
    (leased,) = await register.lease(
        Lane.STANDARD, limit=1, lease_for=timedelta(minutes=1), worker="w"
    )
    person = obligation_of(event.concern, kind=ObligationKind.PERSON)

    completion = Completion(
        leased=leased,
        outcome=Accepted(at=LONG_AGO, detail="250", rung=Rung.SUBMITTED),
        again_at=None,
        costs_attempt=True,
        receipts=(receipt_of(leased.delivery, attempt=leased.attempt),),
        obligations=(person,),
        discharges=(Discharge(kind=ObligationKind.REACH, key="reach:"),),
    )
    await register.complete([completion])

    found = await told(register)
    assert [name for name, _ in found] == [
        "obligation.opened",
        "rung.changed",
        "obligation.discharged",
    ]
    assert (found[0][1]["obligation"], found[2][1]["obligation"]) == (person.id, owed.id)


async def test_M021_a_hold_is_told_to_the_host_the_police_and_who_placed_it_alone(
    register: SqlRegister,
) -> None:
    page = await opens(register, POLICE_SOURCE, "https://rosewood.example")
    await emptied(register)
    surreys = says(page.id, SURREY_SOURCE)

    held = after(page, surreys, holds=frozenset({HELD, replace(HELD, info=InfoClass.THEMES)}))
    await write(register, held, surreys)
    await write(register, after(held, holds=frozenset({HELD})))
    await write(register, after(after(held)))

    waiting = await register.facts(1000)
    assert b"nobody is told" not in b"".join(one.told.body for one in waiting)
    for reader in ("wscc", "police"):
        assert await names(register, reader) == ["hold.placed", "hold.released"], reader
    assert await told(register, "provider") == []
    # Surrey placed one of this kind on the provider, and it takes no other part in this concern.
    assert await told(register, "surrey") == []


async def test_M021_whoever_takes_part_and_placed_a_hold_is_told_of_that_one(
    register: SqlRegister,
) -> None:
    page = await opens(register, SURREY_SOURCE)
    assert page.concern is not None
    known = replace(page.concern, joined=(PLACING,))
    other = replace(HELD, kind=HoldKind.H1)

    joined = replace(after(page, holds=frozenset({HELD, other})), concern=known)
    await write(register, joined)

    assert [data["kind"] for _, data in await told(register, "surrey")] == ["H3"]
    assert sorted(data["kind"] for name, data in await told(register) if "hold" in name) == [
        "H1",
        "H3",
    ]


async def test_B03_who_was_told_by_mistake_alone_is_told_no_fact(register: SqlRegister) -> None:
    page = await opens(register, SURREY_SOURCE)
    assert page.concern is not None
    known = replace(page.concern, joined=(PLACING,), mistaken=(PLACING,))
    await write(register, replace(after(page), concern=known))

    await register.receive([receipt_of(page.deliveries[0])], [], [])

    assert await told(register, "surrey") == []


async def test_a_placing_authoritys_system_is_told_of_its_own_notices_once_they_left(
    register: SqlRegister,
) -> None:
    page = await opens(register, SURREY_SOURCE)
    assert page.concern is not None
    await write(register, replace(after(page), concern=replace(page.concern, joined=(PLACING,))))

    await register.receive([receipt_of(page.deliveries[0])], [], [])

    assert await names(register, "surrey") == ["rung.changed"]
    assert await names(register) == ["notice.queued", "rung.changed"]


async def test_a_refused_event_makes_nobody_a_subscriber(register: SqlRegister) -> None:
    page = await opens(register)
    refused = says(page.id, POLICE_SOURCE)
    fault = Fault(pointer="", says="may not say so")
    await write(
        register, after(page, refused=(RefusedEvent(event=refused, faults=(fault,)),)), refused
    )

    await write(register, after(after(page), holds=frozenset({HELD})))

    assert await told(register, "police") == []


async def test_an_event_that_waits_makes_nobody_a_subscriber_until_it_follows(
    register: SqlRegister,
) -> None:
    page = await opens(register)
    waits = says(page.id, POLICE_SOURCE)
    waiting = Waiting(source=waits.source, event=waits.id, why="nothing came before it")
    await write(register, after(page, waiting=(waiting,), holds=frozenset({HELD})), waits)
    assert await told(register, "police") == []

    await write(register, after(after(page), waits))

    assert await names(register, "police") == ["hold.released"]


async def test_what_is_owed_by_itself_is_told_as_it_is_opened(register: SqlRegister) -> None:
    page = await opens(register)
    await emptied(register)
    owed = obligation_of(page.id)

    for one in (owed, replace(owed, id="another")):
        async with register.entry() as entry:
            await entry.owe_once(one)
            await entry.owe([replace(one, id=f"{one.id} again")])

    assert [(name, data["obligation"]) for name, data in await told(register)] == [
        ("obligation.opened", owed.id)
    ]


async def test_an_overdue_obligation_is_told_once_for_ever(register: SqlRegister) -> None:
    await seeded(register)
    event = opened()
    late, later, met = (obligation_of(event.concern) for _ in range(3))
    not_yet = obligation_of(event.concern, due=LONG_AGO + timedelta(days=36500))
    await write(register, page_of(event, obligations=(late, later, met, not_yet)), event)
    async with register.entry() as entry:
        await entry.discharge(event.concern, [Discharge(kind=met.kind, key=met.key, whole=True)])
    await emptied(register)

    said = [await register.say_overdue(1) for _ in range(4)]

    assert said == [1, 1, 0, 0]
    assert [(name, data["obligation"]) for name, data in await told(register)] == [
        ("obligation.overdue", late.id),
        ("obligation.overdue", later.id),
    ]


async def test_M102_closure_is_told_with_the_confirmation_and_once(register: SqlRegister) -> None:
    page = await opens(register, POLICE_SOURCE)
    await emptied(register)
    made = Attestation(
        id="attested-1",
        concern=page.id,
        by="Amara Okafor",
        role="lead enquiry officer",
        at=LONG_AGO,
        reached=((PLACING, Reached(rung=Rung.ACKNOWLEDGED, since=LONG_AGO)),),
    )

    async def attests(*, fails: bool) -> None:
        async with register.entry() as entry:
            await entry.attest(made, leaf("closure.attested", LONG_AGO, page.id))
            if fails:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await attests(fails=True)
    assert await told(register) == []
    await attests(fails=False)

    for reader in ("wscc", "police"):
        ((name, data),) = await told(register, reader)
        assert (name, data["attestation"], data["reached"], data["waived"]) == (
            "closure.confirmed",
            "attested-1",
            1,
            0,
        )


async def test_a_hub_that_nobody_publishes_to_tells_nobody(register: SqlRegister) -> None:
    event = opened()

    await write(register, telling(event, obligations=(obligation_of(event.concern),)), event)

    assert await register.facts(1000) == ()


async def test_of_many_writers_each_fact_begins_where_the_one_before_it_ended(
    postgres_registers: Registers,
) -> None:
    first = await postgres_registers.open()
    page = await opens(first)
    await emptied(first)
    workers = [first, *[await postgres_registers.open() for _ in range(3)]]
    rungs = (Rung.SUBMITTED, Rung.RELAYED, Rung.EXPANDED, Rung.DELIVERED, Rung.COLLECTED)

    await asyncio.gather(
        *(
            workers[number % 4].receive(
                [receipt_of(page.deliveries[0], rung=rungs[number % 5], detail=str(number))], [], []
            )
            for number in range(40)
        )
    )

    steps = [(data["before"], data["after"]) for _, data in await told(first)]
    assert steps[0][0] == "queued"
    assert steps[-1][1] == "collected"
    assert [before for before, _ in steps[1:]] == [after for _, after in steps[:-1]]


async def test_one_relay_at_a_time_has_the_turn(postgres_registers: Registers) -> None:
    one, other = await postgres_registers.open(), await postgres_registers.open()

    async with one.relaying() as first, other.relaying() as second:
        pass
    async with other.relaying() as third:
        pass

    assert (first, second, third) == (True, False, True)


async def test_two_watches_say_an_overdue_obligation_once(postgres_registers: Registers) -> None:
    one, other = await postgres_registers.open(), await postgres_registers.open()
    await seeded(one)
    event = opened()
    owed = tuple(obligation_of(event.concern) for _ in range(20))
    await write(one, page_of(event, obligations=owed), event)
    await emptied(one)

    said = await asyncio.gather(*(each.say_overdue(100) for each in (one, other) * 3))

    assert sum(said) == 20
    waiting: tuple[OutgoingFact, ...] = await one.facts(1000)
    assert len(waiting) == len({each.told.id for each in waiting}) == 20
