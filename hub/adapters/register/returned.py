"""Mail that came back: kept byte for byte before it is answered, read later, never taken out."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Index, RowMapping, Select, Table, Text, or_, select, text

from hub.adapters.register import tables as t
from hub.adapters.register.changes import Changes
from hub.adapters.register.columns import metadata, moment, numbered, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import delivery_of, receipt_of, receipt_row
from hub.adapters.register.outbox import Outbox
from hub.adapters.register.pages import (
    append_receipts,
    discharge_open,
    discharge_row,
    open_obligations,
)
from hub.adapters.register.records import body_row, leaf_row, obligation_row, plain
from hub.adapters.register.wire import Wire
from hub.bounce import Filing, Named, ReadAs, ReturnedMail, Sent
from hub.notice import DRILL
from hub.receipt import Receipt
from hub.vocabulary import AgencyId, AttemptId

inbound_mail: Final = Table(
    "inbound_mail",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    words("body_id"),
    words("sender"),
    words("recipient"),
    words("concern_id", null=True),
    words("read_as", null=True),
    moment("received"),
    moment("recorded"),
    moment("read", null=True),
    Index("ix_inbound_mail_concern_id", "concern_id"),
    Index(
        "ix_inbound_mail_unread",
        "seq",
        postgresql_where=text("read IS NULL"),
        sqlite_where=text("read IS NULL"),
    ),
)
"""The envelope as it was; `read_as`, `read` and the concern are known once it has been read."""

_M: Final = inbound_mail
_BY_PEOPLE: Final = (ReadAs.HUMAN_REPLY.value, ReadAs.UNREADABLE.value)


class MailKeeper:
    """The part of the register that keeps returned mail."""

    _database: Database
    _outbox: Outbox

    async def keep_mail(self, mail: ReturnedMail) -> None:
        """Keep one mail, unread; one of the same id stands."""
        async with self._database.writing("mail") as wire:
            now = await self._database.now(wire)
            body = body_row(f"mail:{mail.id}", mail.raw, concern=None)
            insert = self._database.insert(_M).on_conflict_do_nothing(index_elements=[_M.c.id])
            row = {
                "id": mail.id,
                "body_id": body["id"],
                "sender": plain(mail.sender),
                "recipient": plain(mail.recipient),
                "received": mail.received,
                "recorded": now,
            }
            if await wire.rows(insert.returning(_M.c.id), [row]):
                await wire.insert(t.body, [body])

    async def unread_mail(self, limit: int) -> tuple[ReturnedMail, ...]:
        """Return mail that nobody has read yet, the oldest first."""
        wanted = _mails().where(_M.c.read.is_(None)).order_by(_M.c.seq).limit(limit)
        async with self._database.reading() as wire:
            return tuple(_mail_of(row) for row in await wire.rows(wanted))

    async def mail(self, mail: str) -> ReturnedMail | None:
        """Return one mail by its id, or None."""
        async with self._database.reading() as wire:
            rows = await wire.rows(_mails().where(_M.c.id == mail))
        return _mail_of(rows[0]) if rows else None

    async def unclaimed_mail(self, since: datetime, limit: int) -> tuple[ReturnedMail, ...]:
        """Return what people wrote from then on about nothing that is here, newest first."""
        of_nothing = or_(_M.c.concern_id.is_(None), _M.c.concern_id.startswith(DRILL))
        wanted = (
            _mails()
            .where(_M.c.read_as.in_(_BY_PEOPLE), _M.c.received >= since, of_nothing)
            .order_by(_M.c.seq.desc())
            .limit(limit)
        )
        async with self._database.reading() as wire:
            return tuple(_mail_of(row) for row in await wire.rows(wanted))

    async def sent(self, named: Named) -> tuple[Sent, ...]:
        """Return the deliveries that any of these keys names."""
        async with self._database.snapshot() as wire:
            return await _sent(wire, self._database, named)

    async def file_mail(self, filing: Filing) -> bool:
        """Write what one mail was read as; False where it has been read already."""
        async with self._database.writing("filing") as wire:
            now = await self._database.now(wire)
            if not await _marked_read(wire, filing, now):
                return False
            changes = Changes()
            if filing.concern is not None:
                rows = [receipt_row(each, filing.concern, now) for each in filing.receipts]
                changes.appended(await append_receipts(wire, self._database, rows))
            if filing.received is not None:
                await _not_tried_again(wire, filing, now)
                changes.discharging |= {filing.concern} if filing.concern else set()
            owed = [obligation_row(obligation) for obligation in filing.obligations]
            changes.opened += await open_obligations(wire, self._database, owed)
            await wire.insert(t.audit_leaf, [leaf_row(leaf, now) for leaf in filing.leaves])
            await self._outbox.write(wire, changes, now)
        return True


async def _not_tried_again(wire: Wire, filing: Filing, now: datetime) -> None:
    """Take a delivery that has been received out of the queue; what it left to do is done.

    Where a worker has it in hand now, its result is kept as evidence and changes nothing.
    """
    queue = t.delivery_queue
    await wire.run(queue.delete().where(queue.c.delivery_id == filing.received))
    if filing.concern is not None:
        rows = [discharge_row(filing.concern, each, now) for each in filing.discharges]
        await discharge_open(wire, rows)


async def _marked_read(wire: Wire, filing: Filing, now: datetime) -> bool:
    found = await wire.rows(
        _M.update()
        .where(_M.c.id == filing.mail, _M.c.read.is_(None))
        .values(read_as=filing.read_as.value, concern_id=filing.concern, read=now)
        .returning(_M.c.body_id)
    )
    if found and filing.concern is not None:
        # It is that concern's from now on, and goes with it where a concern is erased.
        await wire.run(
            t.body.update()
            .where(t.body.c.id == found[0]["body_id"])
            .values(concern_id=filing.concern, key_id=f"concern:{filing.concern}")
        )
    return bool(found)


async def _sent(wire: Wire, database: Database, named: Named) -> tuple[Sent, ...]:
    by_attempt = select(t.attempt.c.delivery_id).where(t.attempt.c.id == named.attempt)
    found = await wire.rows(
        select(t.delivery, t.body.c.bytes, t.concern.c.host_authority)
        .join(t.body, t.body.c.id == t.delivery.c.body_id)
        .join(t.concern, t.concern.c.id == t.delivery.c.concern_id)
        .where(
            or_(
                database.among(t.delivery.c.id, [plain(one) for one in named.deliveries]),
                t.delivery.c.id.in_(by_attempt),
            )
        )
        .order_by(t.delivery.c.seq)
    )
    ids = [row["id"] for row in found]
    attempts: defaultdict[str, list[AttemptId]] = defaultdict(list)
    receipts: defaultdict[str, list[Receipt]] = defaultdict(list)
    if ids:
        tried = select(t.attempt.c.id, t.attempt.c.delivery_id).order_by(t.attempt.c.seq)
        for row in await wire.rows(tried.where(database.among(t.attempt.c.delivery_id, ids))):
            attempts[row["delivery_id"]].append(AttemptId(row["id"]))
        came = select(t.receipt).order_by(t.receipt.c.seq)
        for row in await wire.rows(came.where(database.among(t.receipt.c.delivery_id, ids))):
            receipts[row["delivery_id"]].append(receipt_of(row))
    return tuple(
        Sent(
            delivery=delivery_of(row),
            host_authority=AgencyId(row["host_authority"]) if row["host_authority"] else None,
            attempts=tuple(attempts[row["id"]]),
            receipts=tuple(receipts[row["id"]]),
        )
        for row in found
    )


def _mails() -> Select[Any]:
    return select(_M, t.body.c.bytes).join(t.body, t.body.c.id == _M.c.body_id)


def _mail_of(row: RowMapping) -> ReturnedMail:
    return ReturnedMail(
        id=row["id"],
        sender=row["sender"],
        recipient=row["recipient"],
        raw=row["bytes"],
        received=row["received"],
        read_as=None if row["read_as"] is None else ReadAs(row["read_as"]),
        read_at=row["read"],
    )
