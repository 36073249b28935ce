"""What agencies and LEOs answer, with what follows from it: once, however often it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select

from hub.adapters.register import climbing
from hub.adapters.register import tables as t
from hub.adapters.register.agencies import Agencies
from hub.adapters.register.changes import Changes
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import receipt_row
from hub.adapters.register.outbox import Outbox
from hub.adapters.register.pages import (
    append_receipts,
    discharge_open,
    discharge_row,
    open_obligations,
)
from hub.adapters.register.records import Row, leaf_row, obligation_row
from hub.adapters.register.wire import Wire
from hub.directory import Contact
from hub.leaf import Leaf
from hub.obligation import Obligation, Taken
from hub.page import Discharge
from hub.ports import RegisterRefused
from hub.receipt import Receipt
from hub.vocabulary import ConcernId, NoticeId

WRONG_CODES_ALLOWED: Final = 5
"""At the fifth the code is void (receipts.md)."""


class Answered:
    """The part of the register that takes answers."""

    _database: Database
    _agencies: Agencies
    _outbox: Outbox

    async def wrong_code(self, notice: NoticeId, at: datetime, obligation: Obligation) -> int:
        """Count one wrong code; at the fifth write the obligation. Return how many there were."""
        async with self._database.writing("code") as wire:
            insert = self._database.insert(t.wrong_code)
            counted = insert.on_conflict_do_update(
                index_elements=[t.wrong_code.c.notice_id],
                set_={"count": t.wrong_code.c.count + 1, "last": insert.excluded["last"]},
            ).returning(t.wrong_code.c.count)
            row = await wire.rows(counted, [{"notice_id": notice, "count": 1, "last": at}])
            count: int = row[0]["count"]
            if count >= WRONG_CODES_ALLOWED:
                now = await self._database.now(wire)
                await self._owe(wire, [obligation_row(obligation)], now)
        return count

    async def receive(
        self,
        receipts: Sequence[Receipt],
        discharges: Sequence[tuple[ConcernId, Discharge]],
        leaves: Sequence[Leaf],
        *,
        owed: Sequence[Obligation] = (),
        corrected: Sequence[Contact] = (),
    ) -> None:
        """Append receipts, an equal answer once, and what follows from them where any is new."""
        async with self._database.writing("receive") as wire:
            now = await self._database.now(wire)
            concerns = await self._concerns_of(wire, sorted({r.notice for r in receipts}))
            rows = [receipt_row(each, concerns[each.notice], now) for each in receipts]
            new = await append_receipts(wire, self._database, rows)
            await discharge_open(wire, [discharge_row(c, d, now) for c, d in discharges])
            changes = Changes(discharging={concern for concern, _ in discharges})
            changes.appended(new)
            if new or not receipts:
                for contact in corrected:
                    await self._agencies.put(wire, contact, now)
                opened = [obligation_row(obligation) for obligation in owed]
                changes.opened += await open_obligations(wire, self._database, opened)
                await wire.insert(t.audit_leaf, [leaf_row(leaf, now) for leaf in leaves])
            await self._outbox.write(wire, changes, now)

    async def put_in_hand(self, owed: Obligation, taken: Taken, leaf: Leaf) -> bool:
        """Write who has an open obligation in hand, with its leaf; False where it has moved."""
        async with self._database.writing("taking") as wire:
            now = await self._database.now(wire)
            done = await climbing.put_in_hand(wire, owed, taken, now)
            if done:
                await wire.insert(t.audit_leaf, [leaf_row(leaf, now)])
        return done

    async def _concerns_of(
        self, wire: Wire, notices: Sequence[NoticeId]
    ) -> Mapping[NoticeId, ConcernId]:
        if not notices:
            return {}
        rows = await wire.rows(
            select(t.notice.c.id, t.notice.c.concern_id).where(
                self._database.among(t.notice.c.id, notices)
            )
        )
        found = {NoticeId(row["id"]): ConcernId(row["concern_id"]) for row in rows}
        unknown = set(notices) - set(found)
        if unknown:
            raise RegisterRefused(f"no notice {', '.join(sorted(unknown))}")
        return found

    async def seen_nonce(self, scope: str, nonce: str, at: datetime) -> bool:
        """Remember a nonce, for ever; return True where it had been seen before (replay)."""
        async with self._database.writing("nonce") as wire:
            insert = self._database.insert(t.nonce).on_conflict_do_nothing(
                index_elements=[t.nonce.c.scope, t.nonce.c.nonce]
            )
            row = {"scope": scope, "nonce": nonce, "at": at}
            return not await wire.rows(insert.returning(t.nonce.c.nonce), [row])

    async def _owe(self, wire: Wire, rows: Sequence[Row], now: datetime) -> None:
        """Open obligations and tell of it, as the last thing that a transaction does."""
        opened = await open_obligations(wire, self._database, rows)
        await self._outbox.write(wire, Changes(opened=[*opened]), now)
