"""My work, and what the emergency duty team is handed: as the console's own pages say it."""

from __future__ import annotations

from typing import Literal

from hub.api.base import Instant, Model

Pressing = Literal["overdue", "today", "others"]


class OfConcern(Model):
    """Which concern something is of."""

    id: str
    reference: str
    name: str
    """The service's place."""


class TaskShown(Model):
    """One thing to do, and the ids by which it is done."""

    of: OfConcern
    pressing: Pressing
    """`others`: somebody else does it, and you wait."""
    whom: str
    what: str
    since: Instant
    due: Instant | None
    """Null: now."""
    do: tuple[str, ...]
    """What to do now, in words."""
    in_hands_of: str | None
    notice: str | None
    owed: str | None
    mail: str | None


class UntoldShown(Model):
    """A party that has not been told: by mistake, or on purpose."""

    of: OfConcern
    name: str
    why: str


class PendingShown(Model):
    """A release that waits for a second person."""

    of: OfConcern
    request: str
    """Its id, for whoever decides."""
    party: str
    would_hear: str
    asked_by: str
    asked_at: Instant
    until: Instant
    yours: bool
    """Whether you asked for it, and so cannot agree to it."""


class OpenedShown(Model):
    """One of your authority's concerns that somebody else could read in an emergency."""

    of: OfConcern
    access: str
    who: str
    began: Instant
    ends: Instant
    open_now: bool
    reason: str
    review: str | None
    """What was found of it; null: it is not reviewed yet."""


class ProtectionShown(Model):
    """One arrangement that keeps people safe."""

    who: str
    phone: str | None
    what: str | None
    """Null where this reader is not told what it is about."""
    until: Instant | None
    """When it must be looked at again; null: no time was said."""
    overdue: bool


class KeptSafe(Model):
    """Who keeps people safe at one service, and whom to ring there."""

    of: OfConcern
    leo: str
    leo_phone: str | None
    duty_phone: str
    protections: tuple[ProtectionShown, ...]


class SafetyShown(KeptSafe):
    """The same for who may know from whom anything is held."""

    nobody: bool
    """The provider is not told, and nobody has been named who keeps people safe meanwhile."""


class DeskShown(Model):
    """Where your authority answers out of hours. Never an address."""

    names: tuple[str, ...]
    phone: str | None


class WorkShown(Model):
    """My work: is anybody still untold, what waits, who keeps people safe tonight."""

    says: str
    """In one sentence, whether anybody is still untold."""
    concerns: int
    left_out: int
    """How many older concerns were not looked at."""
    untold: tuple[UntoldShown, ...]
    kept_from: tuple[UntoldShown, ...]
    """Untold on purpose, until somebody who may releases it."""
    pending: tuple[PendingShown, ...]
    emergencies: tuple[OpenedShown, ...]
    tasks: tuple[TaskShown, ...]
    """A page of them, the most pressing first."""
    of: int
    """How many tasks there are in all."""
    later: int
    """How many more of your own fall due after today."""
    safety: tuple[SafetyShown, ...]
    desk: DeskShown


class UntoldName(Model):
    """A party that is untold by mistake, and why."""

    name: str
    why: str


class OwingShown(Model):
    """What falls due while the night is on."""

    who: str
    what: str
    due: Instant
    overdue: bool


class HandedOverShown(Model):
    """One concern that is handed over."""

    safety: KeptSafe
    service: str
    risk: str
    untold: tuple[UntoldName, ...]
    owing: tuple[OwingShown, ...]
    on_the_board: int
    """How many more tasks fall due of which no paper may say what they are."""


class HandoverShown(Model):
    """What the emergency duty team is handed, of concerns that are not at their end."""

    until: Instant
    busy: tuple[HandedOverShown, ...]
    quiet: tuple[HandedOverShown, ...]
    """Nothing of these needs anybody tonight."""
    untold: int
    left_off: int
    """How many concerns are kept from that team. Not for its paper."""
    left_out: int
    """How many older concerns were not looked at."""
    desk: DeskShown
