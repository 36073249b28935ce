"""Orders to send again: their table, and what puts finished deliveries back into the queue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Column, RowMapping, Select, Table, Text, exists, func, select

from hub.adapters.register import tables as t
from hub.adapters.register.agencies import Agencies
from hub.adapters.register.bell import Bell
from hub.adapters.register.columns import metadata, moment, numbered, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.letters import delivery_of, delivery_rows
from hub.adapters.register.look import goes_to_a_provider_held_elsewhere
from hub.adapters.register.records import Row, leaf_row
from hub.adapters.register.revisions import superseded
from hub.adapters.register.standing import read_standing
from hub.adapters.register.wire import Wire
from hub.leaf import Leaf, leaf
from hub.notice import DRILL
from hub.ports.replaying import Judge, Replay
from hub.repeat import Candidate, Selection, Verdict, Why, selection_of
from hub.vocabulary import Lane

replay = Table(
    "replay",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    words("selection"),
    words("asked_by"),
    words("why"),
    words("note"),
    moment("at"),
    Column("last", BigInteger, nullable=False),
    words("counts"),
    moment("ended", null=True),
)
"""`last` is the number of the last delivery that was looked at; `counts` says what became of all
that were. `ended` is NULL as long as somebody must go on with it."""

replay_stop = Table(
    "replay_stop",
    metadata,
    Column("replay_id", Text, primary_key=True),
    words("person"),
)
"""Who stopped an order before it had looked at everything."""

AT_ONCE: Final = 200
"""Deliveries of one look where nothing is written."""

_D: Final = t.delivery
_Q: Final = t.delivery_queue


class ReplaysHere:
    """The part of the register that sends again."""

    _database: Database
    _agencies: Agencies
    _bell: Bell

    async def would_replay(self, selection: Selection, judge: Judge) -> Mapping[Verdict, int]:
        """Return what would become of each delivery that is meant. Writes nothing."""
        counts: Counter[Verdict] = Counter()
        last = 0
        while True:
            async with self._database.snapshot() as wire:
                found = await _candidates(wire, _meant(selection, last).limit(AT_ONCE))
                if not found:
                    return counts
                last = found[-1].seq
                now = await self._database.now(wire)
                counts.update(await self._judged(wire, found, judge, now))

    async def order_replay(self, order: Replay) -> None:
        """Write an order down, with its leaf."""
        row = {
            "id": order.id,
            "selection": json.dumps(order.selection.said()),
            "asked_by": order.asked_by,
            "why": order.why.value,
            "note": order.note,
            "at": order.at,
            "last": 0,
            "counts": "{}",
            "ended": None,
        }
        note = _ordered(order)
        async with self._database.writing("replay") as wire:
            now = await self._database.now(wire)
            await wire.insert(replay, [row])
            await wire.insert(t.audit_leaf, [leaf_row(note, now)])

    async def replays(self, limit: int = 20) -> tuple[Replay, ...]:
        """Return orders: those that have not ended, then the others, the newest first."""
        ended = replay.c.ended.is_not(None)
        wanted = _orders().order_by(ended, replay.c.seq.desc()).limit(limit)
        async with self._database.reading() as wire:
            rows = await wire.rows(wanted)
        return tuple(_replay_of(row) for row in rows)

    async def stop_replaying(self, order: str, by: str) -> bool:
        """End an order here, with its leaf; False where it has ended, or never was."""
        async with self._database.writing("replay") as wire:
            # A piece of it that is being queued just now is waited for.
            mine = select(replay).where(replay.c.id == order).with_for_update()
            row = next(iter(await wire.rows(mine)), None)
            if row is None or row["ended"] is not None:
                return False
            now, known = await self._database.now(wire), _replay_of(row)
            await wire.run(replay.update().where(replay.c.id == order).values(ended=now))
            await wire.insert(replay_stop, [{"replay_id": order, "person": by}])
            note = leaf("replay.stopped", now, known.selection.concern, replay=order, by=by)
            await wire.insert(t.audit_leaf, [leaf_row(note, now)])
        return True

    async def go_on_replaying(self, order: str, judge: Judge, most: int) -> Replay | None:
        """Take an order up to `most` deliveries further, in one commit."""
        async with self._database.writing("replay") as wire:
            # Of two processes, the second waits here, and goes on where the first has ended.
            mine = select(replay).where(replay.c.id == order).with_for_update()
            row = next(iter(await wire.rows(mine)), None)
            if row is None or row["ended"] is not None:
                return None if row is None else await _as_it_ended(wire, order)
            done = await self._further(wire, row, judge, most)
        if done.counts.get(Verdict.AGAIN):
            self._bell.ring()
        return done

    async def _further(self, wire: Wire, row: RowMapping, judge: Judge, most: int) -> Replay:
        known = _replay_of(row)
        meant = _meant(known.selection, row["last"]).limit(most)
        found = await _candidates(wire, meant)
        await self._database.lock(wire, sorted({one.delivery.concern for one in found}))
        # Under the concerns' locks: nobody holds, stops or replaces any of these meanwhile.
        found = await _candidates(wire, meant)
        now = await self._database.now(wire)
        verdicts = await self._judged(wire, found, judge, now)
        again = [one for one, said in zip(found, verdicts, strict=True) if said is Verdict.AGAIN]
        await self._queue(wire, again, known, now)
        counts = Counter(known.counts) + Counter(verdicts)
        ended = now if len(found) < most else None
        if ended is not None:
            await wire.insert(t.audit_leaf, [leaf_row(_ended(known, counts, now), now)])
        values = {
            "last": found[-1].seq if found else row["last"],
            "counts": json.dumps({one.name: number for one, number in counts.items()}),
            "ended": ended,
        }
        await wire.run(replay.update().where(replay.c.id == known.id).values(**values))
        return replace(known, counts=counts, ended=ended)

    async def _judged(
        self, wire: Wire, found: Sequence[Candidate], judge: Judge, now: datetime
    ) -> Sequence[Verdict]:
        concerns = sorted({one.delivery.concern for one in found})
        standing = await read_standing(wire, self._database, concerns)
        return judge(found, standing, await self._agencies.read(wire), now)

    async def _queue(
        self, wire: Wire, again: Sequence[Candidate], order: Replay, now: datetime
    ) -> None:
        if not again:
            return
        tokens = await self._tokens(wire, [one.delivery.id for one in again])
        rows = [_queued(one, tokens, now) for one in again]
        await wire.insert(_Q, rows)
        leaves = [
            leaf(
                "delivery.replayed",
                now,
                one.delivery.concern,
                delivery=one.delivery.id,
                notice=one.delivery.notice,
                replay=order.id,
                sha256=one.delivery.sha256,
            )
            for one in again
        ]
        await wire.insert(t.audit_leaf, [leaf_row(each, now) for each in leaves])
        await self._database.notify(wire)

    async def _tokens(self, wire: Wire, ids: Sequence[str]) -> dict[str, int]:
        """Return the last token of each."""
        a = t.attempt.c
        last = select(a.delivery_id, func.max(a.token).label("token")).group_by(a.delivery_id)
        rows = await wire.rows(last.where(self._database.among(a.delivery_id, ids)))
        return {row["delivery_id"]: row["token"] for row in rows}


def _ordered(order: Replay) -> Leaf:
    """Return the leaf of an order: who asked for what, when, and why."""
    said: dict[str, str | int] = {**order.selection.said()}
    said.pop("concern", None)
    said |= {"replay": order.id, "by": order.asked_by, "why": order.why.name.lower()}
    return leaf("replay.ordered", order.at, order.selection.concern, **said)


def _ended(order: Replay, counts: Mapping[Verdict, int], now: datetime) -> Leaf:
    said: dict[str, str | int] = {one.name.lower(): number for one, number in counts.items()}
    return leaf("replay.ended", now, order.selection.concern, replay=order.id, **said)


def _queued(one: Candidate, tokens: Mapping[str, int], now: datetime) -> Row:
    # In the bulk lane, and in the order of that lane: what is urgent waits for no replay.
    _, _, queued = delivery_rows(replace(one.delivery, lane=Lane.BULK), now)
    # One more than any try had: a result of an earlier one that is written late is not this one's.
    token = tokens.get(one.delivery.id, 0) + 1
    return {**queued, "next_at": now, "token": token, "replayed": now}


def _meant(selection: Selection, last: int) -> Select[Any]:
    """Return the statement for what is meant, in the order in which it was written."""
    given = {
        _D.c.id: selection.delivery,
        _D.c.concern_id: selection.concern,
        _D.c.agency_id: selection.agency,
        _D.c.target: selection.target,
    }
    which = [column == value for column, value in given.items() if value is not None]
    if selection.deliveries:
        which.append(_D.c.id.in_(selection.deliveries))
    if selection.since is not None:
        which.append(_D.c.recorded >= selection.since)
    if selection.until is not None:
        which.append(_D.c.recorded < selection.until)
    own = t.concern.alias("own")
    return (
        select(
            _D,
            t.body.c.bytes,
            exists().where(_Q.c.delivery_id == _D.c.id).label("queued"),
            exists().where(t.stop.c.delivery_id == _D.c.id).label("stopped"),
            exists().where(superseded.c.notice_id == _D.c.notice_id).label("replaced"),
            goes_to_a_provider_held_elsewhere(own).label("elsewhere"),
        )
        .select_from(_D)
        .join(t.body, t.body.c.id == _D.c.body_id)
        .outerjoin(own, own.c.id == _D.c.concern_id)
        .where(_D.c.seq > last, ~_D.c.concern_id.startswith(DRILL), *which)
        .order_by(_D.c.seq)
    )


async def _candidates(wire: Wire, meant: Select[Any]) -> list[Candidate]:
    return [
        Candidate(
            seq=row["seq"],
            delivery=delivery_of(row),
            queued=row["queued"],
            stopped=row["stopped"],
            superseded=row["replaced"],
            elsewhere=row["elsewhere"],
        )
        for row in await wire.rows(meant)
    ]


def _orders() -> Select[Any]:
    """Return the statement for orders, each with who stopped it."""
    stopped = replay_stop.c.replay_id == replay.c.id
    return select(replay, replay_stop.c.person).outerjoin(replay_stop, stopped)


async def _as_it_ended(wire: Wire, order: str) -> Replay:
    return _replay_of((await wire.rows(_orders().where(replay.c.id == order)))[0])


def _replay_of(row: RowMapping) -> Replay:
    return Replay(
        id=row["id"],
        selection=selection_of(json.loads(row["selection"])),
        asked_by=row["asked_by"],
        why=Why(row["why"]),
        note=row["note"],
        at=row["at"],
        counts={Verdict[name]: number for name, number in json.loads(row["counts"]).items()},
        ended=row["ended"],
        stopped_by=row.get("person") or "",
    )
