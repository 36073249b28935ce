"""What an emergency access shows of a concern: who keeps people safe, who knows, and who must not.

It says from whom something is kept, or whoever reads it might tell them; never what, nor on what
ground: that is for the concern's own lead enquiry officer to say. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.access import Official
from hub.concern import Concern
from hub.directory import Directory
from hub.ports import ConcernRecord
from hub.receipt import SAID
from hub.routes.board import Lane, Stands, board
from hub.routes.naming import named, party_name
from hub.routes.safety import Safety, safety_of

_STANDS: Final = {
    Stands.UNTOLD: "not told yet",
    Stands.HELD: "kept from on purpose",
    Stands.UNPROVEN: "told; not every notice is proven to have arrived",
    Stands.WAITING: "told; no answer yet",
    Stands.ANSWERED: "told; has answered",
    Stands.NOTHING_DUE: "nothing was due",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice to one party."""

    id: str
    says: str
    written: datetime
    reached: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knows:
    """One party, and what it has been told."""

    name: str
    stands: str
    notices: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """One concern, as whoever has emergency access to it sees it."""

    concern: Concern
    host: str
    safety: Safety
    silent: tuple[str, ...]
    """Whom nobody may tell anything, or not everything. The same words for each."""
    parties: tuple[Knows, ...]


def sighted(record: ConcernRecord, directory: Directory, who: Official, now: datetime) -> Sighted:
    """Return what is shown; the record has no notice in it that is shown to nobody."""
    found = board(record, directory, who, now)
    held = {hold.party for hold in record.holds} | {hold.party for hold in record.concern.holds}
    held |= {lane.party for lane in found.kept_from}
    return Sighted(
        concern=record.concern,
        host=named(record.concern.host_authority, directory),
        safety=safety_of(record, now),
        silent=tuple(sorted(party_name(party, directory) for party in held)),
        parties=tuple(
            _knows(lane) for lane in sorted(found.lanes, key=lambda lane: (lane.stands, lane.name))
        ),
    )


def _knows(lane: Lane) -> Knows:
    return Knows(
        name=lane.name,
        stands=_STANDS[lane.stands],
        notices=tuple(
            Told(id=row.notice, says=row.says, written=row.written, reached=SAID[row.reached.rung])
            for row in lane.rows
            if row.newer is None
        ),
    )
