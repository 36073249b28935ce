"""What is true, written down beside the register, and what must never be so.

It hears of each commit in the moment it is made, whatever the hub comes to know of it, and reads
the queue and the holds there: a second opinion on every row's way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NoReturn

from hub.events.envelope import Event
from hub.notice import Accepted, Delivery, Leased, Refused, RefusedBecause
from hub.page import Page, Poison
from hub.ports import Completion, Received
from hub.vocabulary import DeliveryId


class Broken(AssertionError):
    """A promise of the hub is broken:"""


Tell = Callable[[Broken], None]


@dataclass(slots=True, kw_only=True)
class Entering:
    """A transaction that takes events in."""

    events: list[Event] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def mark(self) -> tuple[int, int, int]:
        """Return where a savepoint begins."""
        return len(self.events), len(self.poison), len(self.pages)

    def back_to(self, mark: tuple[int, int, int]) -> None:
        """Forget what a savepoint undid."""
        del self.events[mark[0] :], self.poison[mark[1] :], self.pages[mark[2] :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leasing:
    """A lease that is asked for."""

    process: str
    avoid: frozenset[str]
    told: list[datetime] = field(default_factory=list)
    """What the register's clock said while it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completing:
    """Results that are being written."""

    completions: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the queue."""

    delivery: str
    token: int
    next_at: int
    worker: str | None
    order_key: int
    turn: int
    seq: int
    first_tried: int | None
    dest: str
    endpoint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy of a delivery that came to the other side, and what the other side said of it."""

    delivery: DeliveryId
    token: int
    sha256: str
    at: float


_QUEUE: Final = (
    "SELECT delivery_id, token, next_at, worker, order_key, turn, seq, first_tried, dest,"
    " endpoint_id FROM delivery_queue"
)
_HOLDS: Final = "SELECT concern_id, agency_id, role, info FROM hold"
_INTENTS: Final = "SELECT 1 FROM attempt WHERE delivery_id = ? AND token = ?"
_PARKED: Final = "SELECT id FROM endpoint WHERE parked"
_LEFT_BEHIND: Final = (
    "SELECT delivery_id FROM delivery_queue WHERE shut = 1 AND NOT EXISTS"
    " (SELECT 1 FROM endpoint WHERE endpoint.id = endpoint_id AND parked)"
)
"""Kept out of what is due, though no closed webhook is in its way."""

Held = frozenset[tuple[str, str, str, str]]
Before = tuple[Held, set[DeliveryId]]


class Book:
    """Everything that was committed, carried and answered, in order."""

    def __init__(self) -> None:
        self.queue: dict[str, Row] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.ended: dict[str, str] = {}
        """How each delivery that has left the queue came to leave it."""
        self.copies: dict[str, list[Copy]] = {}
        self.looked: set[tuple[str, str, int]] = set()
        """(process, delivery, token) that were found free by a last look."""
        self.stood: set[str] = set()
        """Every attempt whose result was its worker's to write."""
        self.taken: set[str] = set()
        """The hash of each event's body, and of each message in quarantine."""
        self.holds: Held = frozenset()
        self.commits = 0
        self.history: list[tuple[Any, ...]] = []
        self.is_broken = False
        self.broken: Tell = lambda _: None
        """Hears what is broken first, whoever in the hub catches it then."""

    def _break(self, says: str) -> NoReturn:
        error = Broken(says)
        self.broken(error)
        raise error

    def note(self, at: float, *what: object) -> None:
        """Write down what happened."""
        self.history.append((round(at, 3), *what))

    def committed(self, connection: sqlite3.Connection, doing: object, at: float) -> None:
        """Read what a commit changed, and ask by what right."""
        self.commits += 1
        after = {row[0]: Row(*row) for row in connection.execute(_QUEUE)}
        match doing:
            case Entering():
                self._entered(doing, after)
            case Leasing():
                self._leased(doing, after, connection)
            case Completing():
                self._completed(doing, after)
            case _:
                self._untouched(after)
        for (id_,) in connection.execute(_LEFT_BEHIND):
            self._break(f"{id_} is put aside, and no closed webhook is in its way")
        self.note(at, type(doing).__name__, sorted(_changes(self.queue, after)))
        self.queue = after
        if isinstance(doing, Entering):
            self.holds = frozenset(connection.execute(_HOLDS))

    # The ways of a row

    def _entered(self, entering: Entering, after: Mapping[str, Row]) -> None:
        self.taken |= {event.body_sha256 for event in entering.events}
        self.taken |= {sha256(poison.body).hexdigest() for poison in entering.poison}
        new: dict[str, Delivery] = {d.id: d for page in entering.pages for d in page.deliveries}
        stops = {stop.delivery for page in entering.pages for stop in page.stops}
        self.deliveries |= new
        for id_ in (self.queue.keys() | new) - after.keys():
            if id_ not in stops:
                self._break(f"{id_} left the queue, and no page stops it")
            self.ended[id_] = "stopped by a page"
        for id_ in after.keys() - self.queue.keys():
            if id_ not in new or id_ in self.ended:
                self._break(f"{id_} is queued, and no page sends it")
        self._same(self.queue.keys() & after.keys(), after)

    def _leased(
        self, leasing: Leasing, after: Mapping[str, Row], connection: sqlite3.Connection
    ) -> None:
        # By the clock as the lease was last told it: it may have been set back since.
        now = int(leasing.told[-1].timestamp() * 1_000_000) if leasing.told else 0
        if after.keys() != self.queue.keys():
            self._break("a lease brought or took rows")
        parked = {row[0] for row in connection.execute(_PARKED)}
        for id_, row in after.items():
            before = self.queue[id_]
            if row == before or (row.token == before.token and row.worker == before.worker):
                continue
            if row.token != before.token + 1:
                self._break(f"{id_} is leased, and its token is not one more")
            if before.next_at > now:
                self._break(f"{id_} is leased before it is due, or before its lease ends")
            if connection.execute(_INTENTS, (id_, row.token)).fetchone() is None:
                self._break(f"{id_} is leased without an intent")
            self._in_turn(before, leasing, parked)

    def _in_turn(self, row: Row, leasing: Leasing, parked: set[str]) -> None:
        """Whether no older notice to the same party, that could go, is left behind."""
        for older in self.queue.values():
            if older.order_key != row.order_key or older.seq >= row.seq or older.turn == row.turn:
                continue
            untried = older.first_tried is None and older.next_at <= row.next_at
            may = older.endpoint not in parked and older.dest not in leasing.avoid
            if older.worker is not None or (untried and may):
                self._break(f"{row.delivery} goes before {older.delivery} to the same party")

    def _completed(self, completing: Completing, after: Mapping[str, Row]) -> None:
        ours: dict[str, Completion] = {}
        for each in completing.completions:
            row = self.queue.get(each.leased.delivery.id)
            if row is not None and row.token == each.leased.token:
                ours[row.delivery] = each
                self.stood.add(each.leased.attempt)
        for id_ in self.queue.keys() - after.keys():
            if id_ not in ours:
                self._break(f"{id_} left the queue by a result that was not its worker's")
            self.ended[id_] = self._right_to_leave(ours[id_])
        if after.keys() - self.queue.keys():
            self._break("a result brought rows")
        self._same(after.keys() - ours.keys(), after)
        for id_ in after.keys() & ours.keys():
            row = after[id_]
            if row.worker is not None and row.token == self.queue[id_].token:
                self._break(f"{id_} has a result, and is still in its worker's hands")

    def _same(self, ids: set[str] | Any, after: Mapping[str, Row]) -> None:  # noqa: ANN401 - keys of a mapping
        for id_ in ids:
            if after[id_] != self.queue[id_]:
                self._break(f"{id_} was changed by a result that was not its worker's")

    def _untouched(self, after: Mapping[str, Row]) -> None:
        if after != self.queue:
            self._break("the queue was changed by what has nothing to do with it")

    def _right_to_leave(self, each: Completion) -> str:
        match each.outcome:
            case Accepted():
                return "accepted"
            case Refused(because=because) if because in _FOR_GOOD:
                return "refused"
            case None if each.again_at is None:
                return "stopped by a hold"
        return self._break(f"{each.leased.delivery.id} left the queue, and was not taken")

    # At the edges

    def acked(self, some: Sequence[Received]) -> None:
        """Ask whether what is acknowledged was written down."""
        for one in some:
            if sha256(one.body).hexdigest() not in self.taken:
                self._break("a message is acknowledged and not in the register")

    def took(self, bodies: Sequence[bytes]) -> None:
        """Ask whether everything that was published was written down."""
        for body in bodies:
            if sha256(body).hexdigest() not in self.taken:
                self._break("a message that the broker confirmed is neither here nor there")

    def before_look(self, leased: Sequence[Leased]) -> Before:
        """Return what is held, and whose rows these are, when a last look begins."""
        return self.holds, {one.delivery.id for one in leased if not self._ours(one)}

    def look(
        self, process: str, leased: Sequence[Leased], stopped: Mapping[Any, Any], before: Before
    ) -> None:
        """Hear what a last look found, and ask whether it was so all the while."""
        held, lost = before[0] & self.holds, before[1]
        for one in leased:
            id_ = one.delivery.id
            if id_ in stopped:
                continue
            if self.held(one.delivery, held):
                self._break(f"{id_} was found free, and is held")
            if id_ in lost and not self._ours(one):
                self._break(f"{id_} was found free, and is not in this worker's hands")
            self.looked.add((process, id_, one.token))

    def _ours(self, leased: Leased) -> bool:
        row = self.queue.get(leased.delivery.id)
        return row is not None and row.token == leased.token

    def held(self, delivery: Delivery, holds: Held) -> bool:
        """Whether any class of a delivery is held from its party."""
        party = delivery.party
        return any(
            (delivery.concern, party.agency, party.role, info) in holds for info in delivery.classes
        )

    def starts(self, process: str, leased: Leased) -> None:
        """Ask by what right a try begins."""
        id_, token = leased.delivery.id, leased.token
        if (process, id_, token) not in self.looked:
            self._break(f"{id_} is sent without a last look")
        self.looked.discard((process, id_, token))

    def arrives(self, leased: Leased, at: float) -> None:
        """Keep a copy that came to the other side."""
        delivery = leased.delivery
        digest = sha256(delivery.body).hexdigest()
        if self.deliveries[delivery.id].sha256 != digest:
            self._break(f"{delivery.id} came with other bytes than were composed")
        copy = Copy(delivery=delivery.id, token=leased.token, sha256=digest, at=at)
        self.copies.setdefault(delivery.id, []).append(copy)
        self.note(at, "arrives", delivery.id, leased.token)


_FOR_GOOD: Final = (RefusedBecause.ADDRESS, RefusedBecause.POLICY, RefusedBecause.UNKNOWN)


def _changes(before: Mapping[str, Row], after: Mapping[str, Row]) -> list[tuple[str, str]]:
    gone = [(id_, "gone") for id_ in before.keys() - after.keys()]
    new = [(id_, "new") for id_ in after.keys() - before.keys()]
    moved = [
        (id_, f"{before[id_].token}->{row.token} {row.worker}")
        for id_, row in after.items()
        if id_ in before and before[id_] != row
    ]
    return gone + new + moved
