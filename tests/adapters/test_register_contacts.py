"""The register's contract: how mailboxes and webhooks fare, and what ends with a correction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.adapters.register.sql import SqlRegister
from hub.escalate import replace_key
from hub.figures import Tried
from hub.notice import Delivery
from hub.obligation import ObligationKind
from hub.vocabulary import Channel, Rung, Setback
from tests.builders import (
    LONG_AGO,
    delivery_of,
    directory,
    notice_of,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    told,
    webhook_of,
)

HOUR = timedelta(hours=1)


async def sent(register: SqlRegister) -> tuple[Delivery, Delivery]:
    """Write one notice to a mailbox and to a webhook of the directory."""
    await register.seed(directory())
    event = opened()
    decision = told(event)
    notice = notice_of(decision)
    mail, hook = delivery_of(notice), webhook_of(notice)
    page = page_of(event, mail, hook, decisions=(decision,), notices=(notice,))
    async with register.entry() as entry:
        await entry.take([event])
        await entry.write(page)
    return mail, hook


async def test_B05_nothing_is_known_of_what_nothing_was_sent_to(register: SqlRegister) -> None:
    await sent(register)

    assert await register.tried() == ()


async def test_B05_each_target_has_its_last_success_and_failure_and_the_failures_since(
    register: SqlRegister,
) -> None:
    mail, hook = await sent(register)
    failed = receipt_of(mail, rung=None, setback=Setback.LATE_FAILURE)
    await register.receive(
        [
            receipt_of(mail, at=LONG_AGO - 3 * HOUR, rung=Rung.RELAYED),
            replace(failed, at=LONG_AGO - 2 * HOUR),
            receipt_of(mail, at=LONG_AGO - HOUR),
            replace(failed, at=LONG_AGO),
            receipt_of(mail, rung=None, setback=Setback.REFUSED, at=LONG_AGO + HOUR),
            receipt_of(mail, rung=None, setback=Setback.DELAYED, at=LONG_AGO + 2 * HOUR),
            receipt_of(mail, at=LONG_AGO + 3 * HOUR, fenced=True),
            receipt_of(hook, rung=Rung.DELIVERED),
        ],
        (),
        (),
    )

    assert set(await register.tried()) == {
        Tried(
            channel=Channel.EMAIL,
            target="surrey-duty",
            taken_at=LONG_AGO - HOUR,
            taken=Rung.SUBMITTED,
            beyond_us_at=LONG_AGO - 3 * HOUR,
            refused_at=LONG_AGO + HOUR,
            returned_at=LONG_AGO,
            failures=2,
        ),
        Tried(
            channel=Channel.WEBHOOK,
            target="surrey-hook",
            taken_at=LONG_AGO,
            taken=Rung.DELIVERED,
            beyond_us_at=LONG_AGO,
        ),
    }


async def test_B05_what_was_learnt_before_a_correction_counts_no_more(
    register: SqlRegister,
) -> None:
    mail, hook = await sent(register)
    bounce = receipt_of(mail, rung=None, setback=Setback.FAILED)
    await register.receive([bounce, receipt_of(hook)], (), ())
    (known,) = directory().contacts

    await register.put_contact(replace(known, address="new@surrey.example"))
    corrected = await register.tried()
    await register.receive([replace(bounce, at=LONG_AGO + HOUR)], (), ())
    again = {each.target: each for each in await register.tried()}

    assert [each.target for each in corrected] == ["surrey-hook"]
    assert (again["surrey-duty"].failures, again["surrey-duty"].broken) == (1, True)


async def test_B05_a_correction_discharges_what_was_owed_in_place_of_the_contact(
    register: SqlRegister,
) -> None:
    mail, _ = await sent(register)
    (known,) = directory().contacts
    owed = [
        obligation_of(mail.concern, kind=ObligationKind.REPLACE_CONTACT, key=replace_key(target))
        for target in (known.id, f"{known.id}-2", "surrey-hook")
    ]
    async with register.entry() as entry:
        await entry.owe(owed)

    await register.put_contact(known)

    record = await register.concern(mail.concern)
    assert record is not None
    assert {o.key for o in record.obligations} == {each.key for each in owed[1:]}
