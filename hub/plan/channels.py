"""What is owed where no channel of a party may carry what it is to be told (H7, 000 7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from hub.calendar import LONDON
from hub.concern import Concern, Party
from hub.decide import channels_keep
from hub.decision import Decision, History, Hold, Notify, OccasionKind
from hub.directory import EVERY_CLASS, Directory, carries
from hub.obligation import WANTS_A_CHANNEL, Obligation
from hub.page import Discharge, StandingHold
from hub.plan.owed import due_by_the_pack
from hub.plan.tools import Tools
from hub.vocabulary import HoldKind, ObligationKind, Role

_WANTS: Final = frozenset({HoldKind.H7, HoldKind.H10})


def channels_owed(
    decisions: Iterable[Decision], concern: Concern | None, tools: Tools, now: datetime
) -> tuple[Obligation, ...]:
    """Return what the host owes to each party from which its channels keep something: another.

    What may travel goes meanwhile: never less than that the process exists.
    """
    if concern is None:
        return ()
    kept: dict[Party, set[str]] = {}
    for decision in decisions:
        held = decision.held if isinstance(decision, Notify | Hold) else ()
        for one in held:
            if one.hold is None and one.kind is _kind(decision.party, tools.directory):
                kept.setdefault(decision.party, set()).add(one.info)
    host = Party(agency=concern.host_authority, role=Role.HOST_AUTHORITY)
    kind = ObligationKind.REPLACE_CONTACT
    return tuple(
        Obligation(
            id=tools.mint.id(),
            concern=concern.id,
            kind=kind,
            party=host,
            due=due_by_the_pack(kind, concern, host, tools, now),
            opened_at=now,
            key=_key(party),
            says=_says(party, classes, tools.directory),
        )
        for party, classes in kept.items()
    )


def _kind(party: Party, directory: Directory) -> HoldKind:
    unsure = directory.unverified(party.agency, party.role)
    none = not directory.reachable(party.agency, party.role)
    return HoldKind.H10 if unsure or none else HoldKind.H7


def _says(party: Party, classes: Iterable[str], directory: Directory) -> str:
    who = f"{party.agency} ({party.role})"
    if not directory.reachable(party.agency, party.role):
        return f"ring {who}, and name a contact of it: it has none, and nothing can be sent"
    if directory.unverified(party.agency, party.role):
        return f"ring {who}, and verify its mailbox: nobody has, and it was only asked to ring us"
    return f"name a contact of {who} that is accredited for: {', '.join(sorted(classes))}"


def channels_met(
    decisions: Iterable[Decision], directory: Directory, before: History, now: datetime
) -> tuple[Discharge, ...]:
    """Return what is met for the parties that some channel of theirs may now tell everything.

    Only of those with a channel that may not, or from which something was held `before`: for all
    others nothing was ever owed.
    """
    held = before.ever_held()
    told = {d.party for d in decisions if isinstance(d, Notify)}
    return tuple(
        Discharge(kind=ObligationKind.REPLACE_CONTACT, key=_key(party))
        for party in sorted(told)
        if (party in held or _limited(party, directory, now))
        and not channels_keep(party, directory, now)
    )


def kept_by_channels(
    concern: Concern, decisions: Iterable[Decision], directory: Directory, now: datetime
) -> tuple[Party, ...]:
    """Return from whom the want of a fit channel keeps something, now that all this is decided."""
    new = {
        d.party
        for d in decisions
        if isinstance(d, Notify | Hold) and any(h.hold is None and h.kind in _WANTS for h in d.held)
    }
    everyone = {*concern.kept, *new}
    return tuple(sorted(party for party in everyone if _out_of_reach(party, directory, now)))


def reached_now(
    concern: Concern,
    decisions: Iterable[Decision],
    history: History,
    holds: Iterable[StandingHold],
    directory: Directory,
    now: datetime,
) -> frozenset[Party]:
    """Return who has a fit channel at last and has not been told what waited for one.

    Whoever is told something else meanwhile is told this as well: it has never had its alert.
    """
    again = {d.party for d in decisions if d.occasion.kind is OccasionKind.HOLDS_CHANGED}
    held = {(hold.party, hold.info) for hold in holds}
    return frozenset(
        party
        for party in concern.kept
        if party not in again
        and not _out_of_reach(party, directory, now)
        and any((party, info) not in held for info in history.untold(party))
    )


def _out_of_reach(party: Party, directory: Directory, now: datetime) -> bool:
    reachable = directory.reachable(party.agency, party.role)
    return not reachable or bool(channels_keep(party, directory, now))


def _limited(party: Party, directory: Directory, now: datetime) -> bool:
    on = now.astimezone(LONDON).date()
    contacts = directory.contacts_of(party.agency, party.role)
    endpoints = directory.endpoints_of(party.agency, party.role)
    here = (*(carries(c, on) for c in contacts), *(carries(e, on) for e in endpoints))
    return any(carried != EVERY_CLASS for carried in here)


def _key(party: Party) -> str:
    return f"{WANTS_A_CHANNEL}{party.agency}:{party.role}:"
