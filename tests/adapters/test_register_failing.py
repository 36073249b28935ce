"""What was not taken, on every register: how it stands, why, whose it is; stopped orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.directory import Endpoint
from hub.events.envelope import Event
from hub.notice import Delivery, InDoubt, Leased, Outcome, Refused, RefusedBecause
from hub.obligation import ObligationKind
from hub.page import Superseded
from hub.ports import Completion
from hub.ports.failing import Cause, Failing, State, cause_of
from hub.ports.replaying import Replay
from hub.receipt import Acknowledgement
from hub.repeat import Selection, Why
from hub.vocabulary import (
    AckStrength,
    AgencyId,
    EndpointId,
    Lane,
    Rung,
    Setback,
)
from tests.adapters.test_register_replays import carried_out
from tests.builders import (
    HOST,
    LONG_AGO,
    SURREY,
    delivery_of,
    directory,
    fresh,
    notice_of,
    obligation_of,
    opened,
    page_of,
    poison_of,
    receipt_of,
    telling,
    told,
    webhook_of,
)

MINUTE = timedelta(minutes=1)


async def tried(
    register: SqlRegister, outcome: Outcome, setback: Setback, again: datetime | None = None
) -> Leased:
    """Write one notice, and let its one try come to this."""
    event = opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))
    (leased,) = await register.lease(Lane.STANDARD, limit=9, lease_for=MINUTE, worker="w")
    receipt = receipt_of(
        leased.delivery, attempt=leased.attempt, rung=None, setback=setback, detail="no"
    )
    done = Completion(
        leased=leased, outcome=outcome, again_at=again, costs_attempt=True, receipts=(receipt,)
    )
    assert await register.complete([done]) == (True,)
    return leased


async def refused(
    register: SqlRegister, because: RefusedBecause = RefusedBecause.ADDRESS
) -> Delivery:
    outcome = Refused(at=LONG_AGO, detail="550 no such user", because=because)
    leased = await tried(register, outcome, Setback.REFUSED)
    return leased.delivery


async def found(register: SqlRegister, host: AgencyId | None = None) -> list[Failing]:
    page = await register.failing(host, 100)
    assert page.total == len(page.rows)
    return list(page.rows)


async def test_B05_what_was_refused_for_good_is_listed_with_its_cause_and_no_word_of_it(
    register: SqlRegister,
) -> None:
    delivery = await refused(register)

    (one,) = await found(register)

    assert (one.delivery, one.target, one.party) == (
        delivery.id,
        delivery.target,
        delivery.party,
    )
    assert (one.state, one.cause) == (State.FAILED, Cause.MAILBOX)
    assert (one.size, one.sha256) == (len(delivery.body), delivery.sha256)
    assert one.tried is not None


async def test_B05_a_delivery_that_waits_for_its_first_try_is_not_listed(
    register: SqlRegister,
) -> None:
    event = opened()
    later = delivery_of(
        notice := notice_of(decision := told(event)),
        due_at=datetime(2999, 1, 1, tzinfo=UTC),
    )
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event, later, decisions=(decision,), notices=(notice,)))

    assert await found(register) == []


async def test_B05_what_nobody_has_in_hand_in_time_is_stalled(register: SqlRegister) -> None:
    event = opened()
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(telling(event))

    (one,) = await found(register)

    assert (one.state, one.cause, one.tried) == (State.STALLED, Cause.STALLED, None)


async def test_B05_what_may_have_been_taken_is_in_doubt_and_stays_in_the_queue(
    register: SqlRegister,
) -> None:
    outcome = InDoubt(at=LONG_AGO, detail="no reply was read")
    await tried(register, outcome, Setback.IN_DOUBT, again=datetime(2999, 1, 1, tzinfo=UTC))

    (one,) = await found(register)

    assert (one.state, one.cause) == (State.IN_DOUBT, Cause.DOUBT)


async def test_B05_what_waits_for_a_closed_webhook_is_listed_as_that(register: SqlRegister) -> None:
    await register.seed(directory())
    event = opened()
    notice = notice_of(decision := told(event))
    async with register.entry() as entry:
        await entry.take([event])
        page = page_of(event, webhook_of(notice), decisions=(decision,), notices=(notice,))
        await entry.write(page)
    await register.put_endpoint(
        Endpoint(
            id=EndpointId("surrey-hook"),
            agency=SURREY,
            roles=frozenset(),
            url="https://hooks.surrey.example/hub",
            hosts=("hooks.surrey.example",),
            parked=True,
        )
    )

    (one,) = await found(register)

    assert (one.state, one.cause) == (State.CLOSED, Cause.CLOSED)


@pytest.mark.parametrize(
    ("why", "cause"),
    [("policy", Cause.POLICY), ("unknown", Cause.UNKNOWN), ("nobody", Cause.MAILBOX)],
)
async def test_B05_what_a_person_owes_of_it_says_why(
    register: SqlRegister, why: str, cause: Cause
) -> None:
    delivery = await refused(register)
    owed = obligation_of(
        delivery.concern,
        kind=ObligationKind.PERSON,
        key=f"notice:{delivery.notice}/{delivery.id}/{why}",
        notice=delivery.notice,
        delivery=delivery.id,
    )
    async with register.entry() as entry:
        await entry.owe([owed])

    (one,) = await found(register)

    assert one.cause is cause


async def test_B04_what_was_taken_since_is_listed_no_more(register: SqlRegister) -> None:
    delivery = await refused(register)
    taken = receipt_of(delivery, at=LONG_AGO + MINUTE, rung=Rung.RELAYED, attempt=None)

    await register.receive([taken], (), ())

    assert await found(register) == []


async def test_B04_what_its_party_has_answered_by_another_way_is_listed_no_more(
    register: SqlRegister,
) -> None:
    delivery = await refused(register)
    act = Acknowledgement(
        name="Ada Byrne", role="Duty", organisation="Surrey", strength=AckStrength.RECORDED
    )
    answer = replace(
        receipt_of(delivery, rung=Rung.ACKNOWLEDGED, acknowledgement=act, source="leo"),
        delivery=None,
    )

    await register.receive([answer], (), ())

    assert await found(register) == []


async def test_B03_what_a_newer_revision_replaced_is_listed_no_more(register: SqlRegister) -> None:
    delivery = await refused(register)
    event: Event = opened(delivery.concern)
    notice = notice_of(decision := told(event))
    page = page_of(
        event,
        decisions=(decision,),
        notices=(notice,),
        version=1,
        superseded=(Superseded(notice=delivery.notice, by=notice.id),),
    )
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)

    assert await found(register) == []


async def test_B06_an_authority_is_shown_its_own_concerns_alone(register: SqlRegister) -> None:
    await refused(register)

    assert len(await found(register, HOST)) == 1
    assert await found(register, SURREY) == []


async def test_B06_the_newest_come_first_and_the_page_says_how_many_there_are(
    register: SqlRegister,
) -> None:
    ids = [(await refused(register)).id for _ in range(3)]

    page = await register.failing(None, 2)

    assert [one.delivery for one in page.rows] == ids[:0:-1]
    assert page.total == 3


# Quarantine


async def test_B06_quarantine_is_shown_with_size_and_faults_and_bytes_to_its_authority_alone(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    async with register.entry() as entry:
        message = await entry.quarantine(poison_of("wscc", body=b"{not json"))
        await entry.quarantine(poison_of(None, body=b"{not json"))

    everybodys = await register.poisoned(None, 10)
    own = await register.poisoned(HOST, 10)

    assert everybodys.total == 2
    assert [(one.id, one.size) for one in own.rows] == [(message, 9)]
    assert [str(fault) for fault in own.rows[0].faults] == ["/type: is missing"]
    assert await register.poison_of(message, HOST) == b"{not json"
    assert await register.poison_of(message, SURREY) is None
    assert (await register.poisoned(SURREY, 10)).total == 0


# Orders


async def test_B03_a_group_is_exactly_the_deliveries_that_are_named(register: SqlRegister) -> None:
    ids = [(await refused(register)).id for _ in range(3)]

    done = await carried_out(register, Selection(deliveries=(ids[0], ids[2])))
    again = await register.lease(Lane.BULK, limit=9, lease_for=MINUTE, worker="w")

    assert {one.delivery.id for one in again} == {ids[0], ids[2]}
    assert done.selection.deliveries == (ids[0], ids[2])


async def test_B03_a_stopped_order_queues_nothing_more_and_says_who_stopped_it(
    register: SqlRegister,
) -> None:
    delivery = await refused(register)
    order = Replay(
        id=fresh("replay"),
        selection=Selection(delivery=delivery.id),
        asked_by="amara",
        why=Why.LOST,
        at=LONG_AGO,
    )
    await register.order_replay(order)

    stopped = await register.stop_replaying(order.id, "leo-1")
    again = await register.stop_replaying(order.id, "leo-2")

    assert (stopped, again) == (True, False)
    assert not await register.stop_replaying("another", "leo-1")
    done = await register.go_on_replaying(order.id, lambda *_: [], 100)
    assert done is not None
    assert (done.stopped_by, done.counts) == ("leo-1", {})
    assert done.ended is not None
    assert await register.lease(Lane.BULK, limit=9, lease_for=MINUTE, worker="w") == ()


# Why, without a register


@pytest.mark.parametrize(
    ("state", "setback", "key", "cause"),
    [
        (State.CLOSED, None, "policy", Cause.CLOSED),
        (State.STALLED, None, None, Cause.STALLED),
        (State.TRYING, Setback.DELAYED, "configuration", Cause.CONFIGURATION),
        (State.TRYING, Setback.REFUSED, "egress", Cause.EGRESS),
        (State.TRYING, Setback.DELAYED, "late", Cause.SLOW),
        (State.FAILED, Setback.EXPIRED, None, Cause.EXPIRED),
        (State.FAILED, Setback.LATE_FAILURE, None, Cause.MAILBOX),
    ],
)
def test_B05_each_cause_has_one_sentence(
    state: State, setback: Setback | None, key: str | None, cause: Cause
) -> None:
    assert cause_of(state, setback, key) is cause
