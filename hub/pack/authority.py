"""`authority.toml` and `escalation.toml`: who may assert what, and who may hold and release."""

from __future__ import annotations

from typing import Final

from hub.events import EVENTS
from hub.pack.rules import Deadline, Grant, HoldAuthority
from hub.pack.sharing import frozen
from hub.pack.sheet import Row, Sheet
from hub.pack.tables import (
    EVERY_CLASS,
    DeadlineTable,
    EscalationTable,
    GrantTable,
    HoldTable,
)
from hub.vocabulary import AgencyId, HoldKind, ObligationKind, PublisherId, Role

OWNERS: Final = {HoldKind.H1: Role.POLICE, HoldKind.H4: Role.REGULATOR}
"""Holds that only their owner releases (004 4.3, 7.2)."""

DUE_BY_THE_PACK: Final = frozenset(ObligationKind) - {
    ObligationKind.ANSWER,
    ObligationKind.REACH,
    ObligationKind.PERSON,
    ObligationKind.REVIEW_HOLD,
    ObligationKind.REVIEW_ACCESS,
}
"""Whose time neither a notice, a hold, a failure nor the hub gives: the pack says how long each may
take."""

_EVERY_EVENT: Final = frozenset(EVENTS)


def read_grants(sheet: Sheet) -> tuple[Grant, ...]:
    """Read what each publisher may assert (semantics 15); faults go to the sheet."""
    sheet.closed(("grant", "hold"))
    rows = sheet.rows("grant", GrantTable)
    if not rows and not sheet.faults:
        sheet.fault(("grant",), "nobody may assert anything: `[[grant]]` is missing")
    return tuple(_grant(row) for row in rows)


def read_hold_authorities(sheet: Sheet) -> tuple[HoldAuthority, ...]:
    """Read who may place, endorse and release each kind of hold, each kind once."""
    before = len(sheet.faults)
    rows = sheet.rows("hold", HoldTable)
    seen: set[str] = set()
    for row in rows:
        if row.table.kind in seen:
            sheet.fault(row.path, f"`{row.table.kind}` stands twice")
        seen.add(row.table.kind)
    if len(sheet.faults) == before:
        for kind in HoldKind:
            if kind not in seen:
                sheet.fault(("hold",), f"nobody may place or release `{kind}`: add its `[[hold]]`")
    for row in rows:
        _lawful(sheet, row)
    return tuple(_authority(row) for row in rows)


def _lawful(sheet: Sheet, row: Row[HoldTable]) -> None:
    """Refuse what no agreement can change: whose hold it is releases it (mission 1.0, 004 3.1)."""
    table = row.table
    for key, names in (
        ("place", table.place),
        ("endorse", table.endorse),
        ("release", table.release),
    ):
        if Role.PROVIDER in names:
            sheet.fault((*row.path, key), f"the provider has no part in `{table.kind}`")
    owner = OWNERS.get(HoldKind(table.kind))
    if owner is not None and table.release != (owner,):
        sheet.fault((*row.path, "release"), f"`{table.kind}` is released by `{owner}` alone")
    if table.kind == HoldKind.H2 and table.endorse != ("lead agency",):
        sheet.fault((*row.path, "endorse"), "`H2` is endorsed by `lead agency` (004 3.1)")


def read_escalation(sheet: Sheet) -> tuple[Deadline, ...]:
    """Read how long each kind of obligation may take, each kind once without conditions.

    What happens when a contact cannot be reached is checked; ladders are read apart.
    """
    sheet.closed(("escalation", "deadline", "ladder"))
    sheet.one("escalation", EscalationTable)
    before = len(sheet.faults)
    rows = sheet.rows("deadline", DeadlineTable, sheet.conditions)
    always = [row.table.obligation for row in rows if not row.table.when]
    for row in rows:
        if not row.table.when and always.count(row.table.obligation) > 1:
            sheet.fault(row.path, f"`{row.table.obligation}` stands twice without conditions")
    if len(sheet.faults) == before:
        for kind in sorted(DUE_BY_THE_PACK - {ObligationKind(kind) for kind in always}):
            sheet.fault(("deadline",), f"no `[[deadline]]` without conditions for `{kind}`")
    return tuple(_deadline(row) for row in rows)


def _deadline(row: Row[DeadlineTable]) -> Deadline:
    return Deadline(
        kind=ObligationKind(row.table.obligation),
        when=frozen(row.table.when),
        within=row.table.within,
        provenance=row.table.provenance,
        paragraph=row.table.paragraph,
        where=row.where,
    )


def _grant(row: Row[GrantTable]) -> Grant:
    words = row.table.events
    return Grant(
        publisher=PublisherId(row.table.publisher),
        events=_EVERY_EVENT if EVERY_CLASS in words else frozenset(words),
        hosts=frozenset(AgencyId(code) for code in row.table.hosts),
        where=row.where,
    )


def _authority(row: Row[HoldTable]) -> HoldAuthority:
    return HoldAuthority(
        kind=HoldKind(row.table.kind),
        place=frozenset(Role(word) for word in row.table.place),
        endorse=frozenset(row.table.endorse),
        release=frozenset(Role(word) for word in row.table.release),
        where=row.where,
    )
