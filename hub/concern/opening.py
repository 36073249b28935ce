"""A concern that has only been reported, and how it is opened (004 1.2, 6.1)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from hub.concern.known import Concern, Party
from hub.events import ConcernOpened
from hub.events.envelope import Event
from hub.events.ground import Ground, ground_of
from hub.frozen import replace
from hub.vocabulary import ConcernId, ObligationKind, Role

OPENING: Final = "concern:open"
"""The key of what is owed where it was decided to initiate and nobody has opened the concern."""
_REFERENCE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_NOBODY_HAS_SAID: Final = "unknown"


def reported(event: Event) -> Concern | None:
    """Return the concern that a first report makes; None: it does not say whom to tell."""
    ground = ground_of(event.data) if event.data.before_opening else None
    if ground is None:
        return None
    return replace(_about(event, ground), opened=False)


def opened(event: Event, data: ConcernOpened, before: Concern | None) -> Concern:
    """Return the concern that is opened; what was reported, owed and held before stays."""
    first = before or _about(event, data)
    count = first.affected_count if data.affected_count is None else data.affected_count
    return replace(
        first,
        opened=True,
        opened_at=data.opened_at,
        service=data.service,
        host_authority=data.host_authority,
        host_icb=data.host_icb,
        regulator=data.regulator,
        police=data.police,
        leo=data.leo,
        duty_phone=data.duty_phone,
        themes=data.themes,
        risk_level=data.risk_level,
        affected_count=count,
        person_alleged=data.person_alleged or first.person_alleged,
        referrer=data.referrer or first.referrer,
        joined=(*first.joined, *_corrected(first, data)),
    ).met(ObligationKind.ACT, OPENING)


def _about(event: Event, said: Ground | ConcernOpened) -> Concern:
    """Return the concern of which only this is known: the service, and who answers for it."""
    return Concern(
        id=event.concern,
        partnership=event.partnership,
        reference=reference_for(event.concern),
        opened_at=event.occurred,
        service=said.service,
        host_authority=said.host_authority,
        host_icb=said.host_icb,
        regulator=said.regulator,
        police=said.police,
        leo=said.leo,
        duty_phone=said.duty_phone,
        themes=(),
        risk_level=_NOBODY_HAS_SAID,
        affected_count=None,
        person_alleged=None,
        referrer=None,
    )


def _corrected(before: Concern, data: ConcernOpened) -> tuple[Party, ...]:
    """Return who was told by the report and is somebody else by the opening: it hears to the end.

    The provider is told nothing by a report, so a wrong one just leaves.
    """
    was = {
        Role.REGULATOR: (before.regulator, data.regulator),
        Role.HOST_AUTHORITY: (before.host_authority, data.host_authority),
        Role.HOST_ICB: (before.host_icb, data.host_icb),
        Role.POLICE: (before.police, data.police),
    }
    return tuple(
        Party(agency=agency, role=role) for role, (agency, now) in was.items() if agency != now
    )


def reference_for(concern: ConcernId) -> str:
    """Return the reference people quote, such as `PC-7K3M-2QXA`: it encodes nothing but the id."""
    number = int.from_bytes(sha256(concern.encode()).digest(), "big")
    letters = []
    for _ in range(8):
        number, index = divmod(number, len(_REFERENCE_ALPHABET))
        letters.append(_REFERENCE_ALPHABET[index])
    return f"PC-{''.join(letters[:4])}-{''.join(letters[4:])}"
