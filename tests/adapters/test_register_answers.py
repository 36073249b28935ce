"""The register's contract: receipts, obligations, codes, nonces, attestation, the directory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.closure import Attestation, Waiver
from hub.directory import EndpointKey
from hub.leaf import leaf
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge, Page
from hub.ports import AlreadyAttested, RegisterRefused
from hub.receipt import Acknowledgement, Declination, Reached, Receipt
from hub.vocabulary import (
    AckStrength,
    ConcernId,
    ContactId,
    DeclinedBecause,
    EndpointId,
    NoticeId,
    Role,
    Rung,
    Setback,
)
from tests.adapters.by_hand import look
from tests.builders import (
    LONG_AGO,
    PLACING,
    REGULATOR,
    SURREY,
    directory,
    fresh,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    telling,
)


async def written(register: SqlRegister, *obligations: Obligation) -> Page:
    """Write a page with one notice; the obligations are given its concern."""
    event = opened()
    page = telling(event)
    owed = tuple(replace(each, concern=event.concern) for each in obligations)
    page = replace(page, obligations=owed)
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    return page


def acknowledged(notice: NoticeId, name: str = "Jo Bell") -> Receipt:
    act = Acknowledgement(
        name=name,
        role="Duty manager",
        organisation="Surrey County Council",
        strength=AckStrength.CODE,
    )
    return Receipt(
        notice=notice,
        delivery=None,
        attempt=None,
        at=LONG_AGO,
        source="code",
        rung=Rung.ACKNOWLEDGED,
        acknowledgement=act,
    )


NOBODY = ConcernId("nobody's")


async def test_B04_an_equal_acknowledgement_is_appended_once(register: SqlRegister) -> None:
    owed = obligation_of(NOBODY, key="answer:1")
    page = await written(register, owed)
    notice = page.notices[0].id
    first = acknowledged(notice)
    discharge = (page.id, Discharge(kind=ObligationKind.ANSWER, key="answer:"))
    said = leaf("notice.acknowledged", LONG_AGO, page.id)

    await register.receive([first], [discharge], [said])
    later = replace(first, at=LONG_AGO + timedelta(hours=1))
    await register.receive([later, later], [discharge], [said])
    await register.receive([acknowledged(notice, "Sam Hill")], [], [said])

    record = await register.notice(notice)
    assert record is not None
    assert record.receipts == (first, acknowledged(notice, "Sam Hill"))
    assert (await register.depths()).open_obligations == 0
    assert await look(register, "SELECT kind FROM audit_leaf") == [("notice.acknowledged",)] * 2


async def test_B04_a_declination_and_what_follows_from_it_are_written_once(
    register: SqlRegister,
) -> None:
    await register.seed(directory())
    page = await written(register)
    act = Declination(
        name="Jo Bell",
        role="Duty manager",
        organisation="Surrey County Council",
        strength=AckStrength.CODE,
        because=DeclinedBecause.WRONG_CONTACT,
        reason="This desk does fostering",
    )
    notice = page.notices[0].id
    receipt = replace(
        acknowledged(notice),
        rung=None,
        acknowledgement=None,
        setback=Setback.DECLINED,
        declination=act,
    )
    owed = replace(obligation_of(page.id, key="gap"), concern=page.id)
    aside = replace(directory().contacts[0], usable=False)
    said = leaf("notice.declined", LONG_AGO, page.id)

    for name in ("first", "again"):
        contact = replace(aside, name=name)
        await register.receive([receipt], [], [said], owed=[owed], corrected=[contact])

    record = await register.notice(notice)
    assert record is not None
    assert record.receipts == (receipt,)
    assert (await register.depths()).open_obligations == 1
    kept = (await register.directory()).contact(aside.id)
    assert kept == replace(aside, name="first")
    assert await look(register, "SELECT kind FROM audit_leaf") == [("notice.declined",)]


async def test_B04_receipts_come_back_whole_and_in_order(register: SqlRegister) -> None:
    page = await written(register)
    delivery = page.deliveries[0]
    relayed = receipt_of(
        delivery, rung=Rung.RELAYED, source="dsn", evidence=(("raw", "\x00\udcff"), ("raw", "two"))
    )

    await register.receive([receipt_of(delivery), relayed], [], [])

    record = await register.notice(delivery.notice)
    assert record is not None
    assert record.receipts == (receipt_of(delivery), relayed)


async def test_a_receipt_for_no_notice_is_refused(register: SqlRegister) -> None:
    with pytest.raises(RegisterRefused):
        await register.receive([acknowledged(NoticeId("nobody's"))], [], [])


async def test_leaves_alone_are_written(register: SqlRegister) -> None:
    await register.receive([], [], [leaf("hub.started", LONG_AGO)])

    assert await look(register, "SELECT kind, concern_id FROM audit_leaf") == [
        ("hub.started", None)
    ]


async def test_one_obligation_is_open_for_each_concern_kind_and_key(
    register: SqlRegister,
) -> None:
    one = obligation_of(NOBODY, key="reach:1", kind=ObligationKind.REACH)
    same = replace(one, id=fresh("obligation"), says="later")
    other = replace(one, id=fresh("obligation"), key="reach:2", opened_at=LONG_AGO.replace(day=1))
    page = await written(register, one, same, other)

    async with register.entry() as entry:
        discharged = await entry.discharge(
            page.id, [Discharge(kind=ObligationKind.REACH, key="reach:1")]
        )
        again = await entry.discharge(
            page.id, [Discharge(kind=ObligationKind.REACH, key="reach:1")]
        )
        opened_again = replace(same, concern=page.id)
        await entry.write(
            Page(
                id=page.id,
                concern=page.concern,
                version=1,
                at=LONG_AGO,
                obligations=(opened_again,),
            )
        )

    assert (discharged, again) == (1, 0)
    assert await register.unreached(10) == (
        replace(other, concern=page.id),
        replace(same, concern=page.id),
    )
    assert len(await register.unreached(1)) == 1


async def test_a_discharge_takes_every_key_with_its_prefix_and_no_other(
    register: SqlRegister,
) -> None:
    keys = ("n-1", "n-1:late", "n-2", "n_1", "N-1")
    page = await written(register, *(obligation_of(NOBODY, key=key) for key in keys))

    async with register.entry() as entry:
        discharges = (
            Discharge(kind=ObligationKind.ANSWER, key="n-1"),
            Discharge(kind=ObligationKind.PERSON, key="n"),
        )
        assert await entry.discharge(page.id, discharges) == 2
        page_of_discharge = Page(
            id=page.id,
            concern=page.concern,
            version=1,
            at=LONG_AGO,
            discharges=(Discharge(kind=ObligationKind.ANSWER, key="n_"),),
        )
        await entry.write(page_of_discharge)

    record = await register.concern(page.id)
    assert record is not None
    assert {each.key for each in record.obligations} == {"n-2", "N-1"}
    depths = await register.depths()
    assert (depths.open_obligations, depths.overdue_obligations) == (2, 2)


async def test_a_discharge_of_a_whole_key_takes_no_key_that_only_begins_with_it(
    register: SqlRegister,
) -> None:
    keys = ("r:", "r:1:", "r", "é:", "é:1:")
    page = await written(register, *(obligation_of(NOBODY, key=key) for key in keys))

    async with register.entry() as entry:
        whole = (
            Discharge(kind=ObligationKind.ANSWER, key="r:", whole=True),
            Discharge(kind=ObligationKind.ANSWER, key="é:", whole=True),
        )
        assert await entry.discharge(page.id, whole) == 2

    record = await register.concern(page.id)
    assert record is not None
    assert {each.key for each in record.obligations} == {"r", "r:1:", "é:1:"}


async def test_five_wrong_codes_make_a_person_look(register: SqlRegister) -> None:
    page = await written(register)
    notice = page.notices[0].id
    look = obligation_of(page.id, kind=ObligationKind.PERSON, key=f"code:{notice}")

    counts = [await register.wrong_code(notice, LONG_AGO, look) for _ in range(4)]
    before = (await register.depths()).open_obligations
    counts += [await register.wrong_code(notice, LONG_AGO, look) for _ in range(2)]

    assert counts == [1, 2, 3, 4, 5, 6]
    assert before == 0
    assert (await register.depths()).open_obligations == 1
    record = await register.notice(notice)
    assert record is not None
    assert record.wrong_codes == 6


async def test_a_nonce_is_new_once(register: SqlRegister) -> None:
    assert not await register.seen_nonce("surrey", "n1", LONG_AGO)
    assert await register.seen_nonce("surrey", "n1", LONG_AGO + timedelta(days=400))
    assert not await register.seen_nonce("cqc", "n1", LONG_AGO)


async def test_B06_closure_is_confirmed_once_for_ever(register: SqlRegister) -> None:
    page = await written(register)
    attestation = Attestation(
        id=fresh("attestation"),
        concern=page.id,
        by="Amara Okafor",
        role="Lead Enquiry Officer",
        at=LONG_AGO,
        reached=((PLACING, Reached(rung=Rung.ACKNOWLEDGED, since=LONG_AGO)),),
        waivers=(Waiver(party=REGULATOR, reason="told in the meeting", name="A. Okafor"),),
        flags=("the same person proposed and attested closure",),
    )
    said = leaf("closure.attested", LONG_AGO, page.id)
    async with register.entry() as entry:
        await entry.attest(attestation, said)

    with pytest.raises(AlreadyAttested):
        async with register.entry() as entry:
            await entry.attest(replace(attestation, id=fresh("attestation")), said)

    record = await register.concern(page.id)
    assert record is not None
    assert record.attestation == attestation
    assert await look(register, "SELECT kind FROM audit_leaf") == [("closure.attested",)]


async def test_B05_the_directory_is_seeded_once_and_corrected_for_good(
    register: SqlRegister,
) -> None:
    seeded = directory()
    await register.seed(seeded)
    corrected = replace(seeded.contacts[0], address="new-duty@surrey.example", usable=False)
    before = await register.directory()

    await register.put_contact(corrected)
    await register.seed(seeded)

    assert before == seeded
    assert (await register.directory()).contacts == (corrected,)
    async with register.entry() as entry:
        assert await entry.directory() == replace(seeded, contacts=(corrected,))
    versions = await look(
        register, "SELECT version FROM directory_history WHERE part = 'contact' ORDER BY seq"
    )
    assert versions == [(1,), (2,)]


async def test_B05_where_an_agencys_mailboxes_may_be_is_kept(register: SqlRegister) -> None:
    await register.seed(directory())

    surrey = (await register.directory()).agency(SURREY)

    assert surrey is not None
    assert surrey.mail_domains == ("surrey.example",)


async def test_B05_contacts_and_endpoints_are_added_too(register: SqlRegister) -> None:
    seeded = directory()
    contact = replace(seeded.contacts[0], id=ContactId("surrey-deputy"), order=1)
    endpoint = replace(seeded.endpoints[0], id=EndpointId("surrey-second"))
    await register.seed(seeded)

    await register.put_contact(contact)
    await register.put_endpoint(endpoint)

    found = await register.directory()
    assert [c.id for c in found.contacts_of(SURREY, Role.PLACING_AUTHORITY)] == [
        "surrey-duty",
        "surrey-deputy",
    ]
    assert found.endpoint(endpoint.id) == endpoint


async def test_the_keys_of_an_endpoint_come_back_with_their_times(register: SqlRegister) -> None:
    keys = (
        EndpointKey(id="k#0", secret=b"o" * 32, until=LONG_AGO + timedelta(days=7)),
        EndpointKey(id="k#1", secret=b"n" * 32, since=LONG_AGO),
        EndpointKey(id="k#2", secret=b"x" * 32),
    )
    endpoint = replace(directory().endpoints[0], keys=keys)
    await register.seed(directory())

    await register.put_endpoint(endpoint)

    assert (await register.directory()).endpoint(endpoint.id) == endpoint


async def test_times_keep_their_instant_to_the_microsecond(register: SqlRegister) -> None:
    event = opened()
    summer = LONG_AGO.astimezone(timezone(timedelta(hours=1)))
    early = obligation_of(event.concern, due=summer)
    late = obligation_of(event.concern, due=LONG_AGO + timedelta(microseconds=1))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page_of(event, obligations=(late, early)))

    record = await register.concern(event.concern)

    assert record is not None
    assert record.obligations == (early, late)
    assert record.obligations[0].due.tzinfo is UTC


async def test_a_time_without_a_zone_cannot_enter(register: SqlRegister) -> None:
    event = opened(occurred=LONG_AGO.replace(tzinfo=None))

    with pytest.raises(RegisterRefused):
        async with register.entry() as entry:
            await entry.take([event])
