"""One row's way: the last look, the try, and its result into the register."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from traceback import extract_tb
from typing import Final, assert_never

import structlog

from hub.calendar import LONDON
from hub.deliver.gate import Gate, Look
from hub.deliver.hand import UNASKED, Came, Row
from hub.deliver.results import Results
from hub.directory import Directory, carries
from hub.escalate import Next, after_outcome, stopped_by
from hub.notice import Accepted, Deferred, InDoubt, Outcome, Refused, RefusedBecause
from hub.ports import Carrier, Clock, Completion
from hub.vocabulary import Channel, ContactId, EndpointId, HubError, Lane, Mint

log = structlog.get_logger()

BACK_SOON: Final = timedelta(seconds=2)
"""When a row that could not be looked at before sending comes back."""


class Courier:
    """Takes one row from the last look to its result. Whatever happens, it has one result."""

    def __init__(
        self,
        carriers: Mapping[Channel, Carrier],
        clock: Clock,
        mint: Mint,
        gates: Mapping[Lane, Gate],
        results: Results,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._carriers = carriers
        self._clock = clock
        self._mint = mint
        self._gates = gates
        self._results = results

    async def take(self, row: Row) -> Came:
        """Take one row as far as it goes. Return what that says of its destination."""
        look = await self._look(row)
        if look is None:
            return UNASKED
        outcome = self._unfit(row, look.directory) or await self._try(row, look.directory)
        following = after_outcome(row.leased, outcome, now=self._clock.now(), mint=self._mint)
        self._put(row, outcome, following)
        self._tell(row, outcome)
        return _came(outcome)

    def hand_back(self, rows: Iterable[Row], again_at: datetime) -> None:
        """Give rows back unsent; that costs no attempt."""
        for row in rows:
            self.counts["handed back"] += 1
            self._results.put(
                Completion(
                    leased=row.leased,
                    outcome=None,
                    again_at=again_at,
                    costs_attempt=False,
                    receipts=(),
                )
            )

    async def _look(self, row: Row) -> Look | None:
        """Return the last look where the row may be sent; else put it away and return None."""
        now = self._clock.now
        try:
            look = await self._gates[row.lane].look(row.leased)
        except HubError:
            # What cannot be looked at is not sent.
            self.hand_back([row], now() + BACK_SOON)
            return None
        except asyncio.CancelledError:
            _ours_or_raise(row)
            self.hand_back([row], now())
            return None
        if look.free:
            return look
        if look.hold is None:
            self.counts["gone"] += 1
            log.info("delivery.gone", delivery=row.leased.delivery.id)
            return None
        self.counts["stopped"] += 1
        log.info("delivery.stopped", delivery=row.leased.delivery.id, hold=look.hold.kind)
        self._put(row, None, stopped_by(row.leased, look.hold, now()))
        return None

    def _unfit(self, row: Row, directory: Directory) -> Refused | None:
        """Refuse what must not go there today, whoever it was for when it was composed.

        The mailbox or webhook may be somebody else's by now: what was for one agency never reaches
        another. Or its accreditation has run out (H7).
        """
        delivery, now = row.leased.delivery, self._clock.now()
        target = directory.contact(ContactId(delivery.target)) or directory.endpoint(
            EndpointId(delivery.target)
        )
        if target is None:
            return None
        if not directory.serves(target, delivery.party.agency, delivery.party.role):
            # Not dead, and to be put right by people: until then it waits, and the next is told.
            said = "the directory has this for another agency or role now: nothing was sent there"
            return Refused(at=now, detail=said, because=RefusedBecause.EGRESS)
        if delivery.classes <= carries(target, now.astimezone(LONDON).date()):
            return None
        said = "this channel is not accredited today for what the notice carries"
        return Refused(at=now, detail=said, because=RefusedBecause.ADDRESS)

    async def _try(self, row: Row, directory: Directory) -> Outcome:
        leased = row.leased
        try:
            return await self._carriers[leased.delivery.channel].carry(leased, directory)
        except asyncio.CancelledError:
            _ours_or_raise(row)
            said = "cut before the lease ended, or by a stop; it may have been sent"
            return InDoubt(at=self._clock.now(), detail=said)
        except Exception as fault:  # noqa: BLE001 - a carrier's bug must not stop, nor lose, anything
            # No traceback: its frames hold the delivery's words and addresses.
            where = extract_tb(fault.__traceback__)[-1]
            log.error(  # noqa: TRY400 - as above
                "carrier.broke",
                delivery=leased.delivery.id,
                fault=type(fault).__name__,
                where=f"{where.name}:{where.lineno}",
            )
            said = f"the carrier broke ({type(fault).__name__}); it may have been sent"
            return InDoubt(at=self._clock.now(), detail=said)

    def _tell(self, row: Row, outcome: Outcome) -> None:
        leased = row.leased
        ids = {"delivery": leased.delivery.id, "attempt": leased.attempt}
        match outcome:
            case Accepted():
                self.counts["accepted"] += 1  # It is said once it is written: `Results`.
            case Deferred(ours=ours):
                self.counts["deferred"] += 1
                log.info("delivery.delayed", ours=ours, **ids)
            case Refused(because=because):
                self.counts["refused"] += 1
                log.warning("delivery.refused", because=because, **ids)
            case InDoubt():
                self.counts["in doubt"] += 1
                log.warning("delivery.in.doubt", **ids)

    def _put(self, row: Row, outcome: Outcome | None, following: Next) -> None:
        self._results.put(
            Completion(
                leased=row.leased,
                outcome=outcome,
                again_at=following.again_at,
                costs_attempt=following.costs_attempt,
                receipts=following.receipts,
                obligations=following.obligations,
                discharges=following.discharges,
                leaves=following.leaves,
            )
        )


def _came(outcome: Outcome) -> Came:
    match outcome:
        case Deferred(ours=True):
            return UNASKED
        case Deferred():
            return Came(failed=True, not_before=outcome.not_before)
        case InDoubt():
            return Came(failed=True)
        case Accepted() | Refused():
            return Came(failed=False)
        case _:
            assert_never(outcome)


def _ours_or_raise(row: Row) -> None:
    """Take back a cancellation that was ours: what came of it is written. Raise any other."""
    task = asyncio.current_task()
    if not row.cut or task is None:
        raise asyncio.CancelledError
    task.uncancel()
