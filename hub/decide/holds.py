"""What is held from one party, released to it, and decided for it by name (semantics 5, 9)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from hub.calendar import london_day
from hub.concern import Concern, Party, PlacedHold
from hub.directory import Directory
from hub.pack.cell import (
    UNDECIDED,
    CellHold,
    Decided,
)
from hub.pack.rules import EVERYTHING, Pack
from hub.vocabulary import (
    HoldId,
    HoldKind,
    InfoClass,
    PoliceAdvice,
    Role,
)

RISK_ROLES: Final = frozenset(
    {
        Role.REGULATOR,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.PLACING_AUTHORITY,
        Role.PLACING_ICB,
        Role.POLICE,
    }
)
"""Whose first alert no missing paper holds back (rules.md, semantics 9)."""


RISK_CLASSES: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES, InfoClass.PLACED_ADULT})
"""What a risk notice may carry: the standing protocol (11.2) gives it, whatever else is agreed."""


PARAGRAPHS: Final = {
    HoldKind.H1: "004 7.2",
    HoldKind.H2: "004 3.1",
    HoldKind.H3: "004 7.5",
    HoldKind.H4: "004 4.3",
    HoldKind.H5: "004 7.5",
    HoldKind.H6: "004 7.1i",
    HoldKind.H7: "000 7",
    HoldKind.H8: "004 7.1b",
    HoldKind.H9: "004 3.1",
    HoldKind.H10: "004 4.1b",
}
"""What a hold that a person placed rests on."""


def holds_on(
    party: Party,
    concern: Concern,
    pack: Pack,
    directory: Directory,
    now: datetime | None = None,
    *,
    channels: bool = True,
) -> tuple[CellHold, ...]:
    """Return the holds that people placed on this party, and those of its channels.

    H10 where it has none, H7 on what none may carry. `now`: without it no accreditation of a
    channel has run out. `channels`: False leaves out what only the want of a channel keeps.
    """
    found = [
        _as_cell_hold(hold, concern, pack)
        for hold in concern.holds
        if _is_on(hold, party) and hold.classes and not _waits_for_paper(hold)
    ]
    kept = _kept_by_channels(party, directory, now) if channels else None
    return tuple(found) if kept is None else (*found, kept)


def _kept_by_channels(party: Party, directory: Directory, now: datetime | None) -> CellHold | None:
    if not directory.reachable(party.agency, party.role):
        kind, classes = HoldKind.H10, EVERYTHING
        sentence = "The directory has no usable contact for it"
    elif classes := channels_keep(party, directory, now):
        unsure = directory.unverified(party.agency, party.role)
        kind = HoldKind.H10 if unsure else HoldKind.H7
        sentence = _UNSURE if unsure else "None of its channels is accredited for this"
    else:
        return None
    return CellHold(
        id=None,
        kind=kind,
        classes=classes,
        released_by=Role.HOST_AUTHORITY,
        sentence=sentence,
        paragraph=PARAGRAPHS[kind],
    )


_UNSURE: Final = "Nobody has verified its mailbox: it is only asked to ring us"


def channels_keep(party: Party, directory: Directory, now: datetime | None) -> frozenset[InfoClass]:
    """Return the classes that no channel of this party may carry (H7); never that there is one."""
    on = london_day(now) if now is not None else None
    carried = directory.carried_to(party.agency, party.role, on)
    return _NOTHING if carried == EVERYTHING else EVERYTHING - carried


_NOTHING: Final[frozenset[InfoClass]] = frozenset()


def decided_for(party: Party, concern: Concern, pack: Pack) -> Decided:
    """Return what people decided for this party where the matrix says `need` (000 section 7).

    Of those whom the pack lets decide about a class the newest decision counts, to tell or not to
    tell; what anybody else decides counts for nothing.
    """
    if not concern.disclosures and not concern.sharing_rows:
        return UNDECIDED
    mine = [one for one in concern.disclosures if one.party == party]
    newest: dict[InfoClass, tuple[bool, frozenset[Role]]] = {}
    for one in sorted(mine, key=lambda one: one.decided_at or _LONG_AGO):
        parts = frozenset(p.role for p in concern.parties() if p.agency == one.authority)
        for info in one.classes:
            may = parts & _deciders(party.role, info, pack)
            if may:
                newest[info] = (one.share, may)
    return Decided(
        share=frozenset((i, role) for i, (share, may) in newest.items() for role in may if share),
        refuse=frozenset(info for info, (share, _) in newest.items() if not share),
        narrow=_narrowed(party, concern),
    )


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def _deciders(role: Role, info: InfoClass, pack: Pack) -> frozenset[Role]:
    """Return whose decision the pack asks for before this role is told this class."""
    asked = (s.decided_by for s in pack.shares if role in s.roles and info in s.classes)
    return frozenset().union(*asked)


def _narrowed(party: Party, concern: Concern) -> frozenset[InfoClass]:
    """Return what this concern's own protocol leaves out; never what a risk notice carries."""
    rows = dict(concern.sharing_rows)
    if party.role not in rows:
        return frozenset()
    out = EVERYTHING - rows[party.role]
    return out - RISK_CLASSES if party.role in RISK_ROLES else out - {InfoClass.PROCESS}


def released_to(concern: Concern) -> frozenset[InfoClass]:
    """Return the classes the police released to the provider (7.2)."""
    if concern.police_advice is PoliceAdvice.PARTIAL:
        return concern.police_released
    return frozenset()


def _is_on(hold: PlacedHold, party: Party) -> bool:
    """Whether a hold is on this party; who runs a service and who answers for it are as one (N001).

    What one of them may not know yet, the other would tell it.
    """
    return hold.party == party or hold.party.role is party.role is Role.PROVIDER


def _waits_for_paper(hold: PlacedHold) -> bool:
    """Whether this is the want of an agreement on a party whose notices wait for no paper.

    The standing protocol (11.2) applies from opening: H6 never holds a risk notice (semantics 9).
    """
    return hold.kind is HoldKind.H6 and hold.party.role in RISK_ROLES


def _as_cell_hold(hold: PlacedHold, concern: Concern, pack: Pack) -> CellHold:
    """Give a placed hold its effect: an unendorsed exclusion is a sign-off pending (M021)."""
    kind, sentence = hold.kind, f"Held until: {hold.conditions_for_release}"
    unendorsed = hold.endorsed_by_agency is None or hold.endorsed_by_agency != concern.lead_agency
    if kind is HoldKind.H2 and unendorsed:
        kind = HoldKind.H9
        sentence = "The lead agency has not endorsed the exclusion of the provider (3.1)"
    authority = {a.kind: a for a in pack.hold_authorities}.get(kind)
    released_by = ", ".join(sorted(authority.release)) if authority else "a named authority"
    return CellHold(
        id=HoldId(hold.id),
        kind=kind,
        classes=hold.classes,
        released_by=released_by,
        sentence=sentence,
        paragraph=PARAGRAPHS[kind],
    )
