"""What the demo shows at its end: parties by rungs, and one line of figures."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from hub.cli.demo.stage import Stage
from hub.cli.demo.story import Told
from hub.concern import Party
from hub.decision import Hold
from hub.ports import ConcernRecord
from hub.receipt import SAID, fold, height
from hub.vocabulary import Rung


async def show_summary(told: Told, console: Console) -> dict[str, int | str]:
    """Print the table of parties by rungs; return the figures of the last line."""
    record = await told.stage.record(told.concern)
    _show(record, await _names(told.stage), console)
    submitted = sum(
        height(fold(r for r in n.receipts if r.delivery == d.id).rung) >= height(Rung.SUBMITTED)
        for n in record.notices
        for d in n.deliveries
    )
    return {
        "events": len({(d.occasion.event_source, d.occasion.event) for d in record.decisions}),
        "decisions": len(record.decisions),
        "notices": len(record.notices),
        "submitted": submitted,
        "held": sum(isinstance(d, Hold) for d in record.decisions),
        "acknowledged": sum(fold(n.receipts).rung is Rung.ACKNOWLEDGED for n in record.notices),
        "lost": await _lost(told, record),
        "closure": "attested" if record.attestation else "open",
    }


async def _lost(told: Told, record: ConcernRecord) -> int:
    """Count published events without a decision, and notices that no mail or webhook brought."""
    decided = {d.occasion.event for d in record.decisions}
    caught = b"\n".join(
        [*(m.content for m in told.stage.mail.mails), *(c.body for c in told.stage.hooks.calls)]
    )
    unread = sum(not any(d.id.encode() in caught for d in n.deliveries) for n in record.notices)
    depths = await told.stage.hub.register.depths()
    return told.published - len(decided) + unread + depths.unaccounted


def _show(record: ConcernRecord, names: dict[str, str], console: Console) -> None:
    table = Table(
        title=f"{record.concern.reference}: who was told, and how far the evidence reaches"
    )
    table.add_column("party", ratio=3, overflow="fold")
    table.add_column("notices", justify="right")
    for rung in (Rung.SUBMITTED, Rung.DELIVERED, Rung.ACKNOWLEDGED):
        table.add_column(str(rung), justify="right")
    table.add_column("closure notice", ratio=3)
    for party in sorted({n.notice.party for n in record.notices}):
        table.add_row(*_row(party, record, names))
    console.print(table)


def _row(party: Party, record: ConcernRecord, names: dict[str, str]) -> tuple[str, ...]:
    mine = [n for n in record.notices if n.notice.party == party]
    rungs = Counter(fold(n.receipts).rung for n in mine)
    closing = [n for n in mine if n.notice.template == "closure-notice"]
    reached = fold(closing[-1].receipts) if closing else None
    by = reached.acknowledgement if reached else None
    said = SAID[reached.rung] if reached else "none was due"
    return (
        f"{names.get(party.agency, party.agency)} ({party.role})",
        str(len(mine)),
        str(rungs[Rung.SUBMITTED]),
        str(rungs[Rung.DELIVERED]),
        str(rungs[Rung.ACKNOWLEDGED]),
        f"{said} by {by.name}, {by.role}" if by else said,
    )


async def _names(stage: Stage) -> dict[str, str]:
    directory = await stage.hub.register.directory()
    return {agency.id: agency.name for agency in directory.agencies}
