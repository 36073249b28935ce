"""What a terminal shows: tables for people, wide or narrow."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.explain import Explained, Explanation, KeptClass, ToldClass

VERDICTS = {
    "notify": ("told", "green"),
    "hold": ("held", "yellow"),
    "withhold": ("withheld", "red"),
    "not due": ("nothing due", "dim"),
}


def show_explanation(found: Explanation, before: int, console: Console) -> None:
    """Print every party with its decision, fields, rule and paragraph."""
    event, pack = found.event, found.pack
    console.print(f"{event.name}, concern {event.concern}", style="bold", markup=False)
    console.print(
        f"Pack {pack.name} {pack.version} ({pack.hash[:12]}); after {before} earlier events"
    )
    for fault in found.refused:
        console.print(f"Refused: {fault}", style="red", markup=False)
    if found.waits:
        console.print(f"Waits: {found.waits}", style="yellow", markup=False)
    for occasion in dict.fromkeys(p.occasion for p in found.parties):
        table = Table(
            title=None if occasion == "event" else f"And since {occasion}:",
            title_justify="left",
            show_lines=True,
            expand=True,
        )
        table.add_column("party", ratio=3, overflow="fold")
        table.add_column("decision", ratio=2, overflow="fold")
        table.add_column("fields", ratio=6)
        table.add_column("rule and why", ratio=5)
        for party in found.parties:
            if party.occasion == occasion:
                table.add_row(*_row(party))
        console.print(table)
    if not found.parties and not found.waits and not found.refused:
        console.print("No such party in this concern.")


def _row(party: Explained) -> tuple[Text, Text, Text, Text]:
    word, style = VERDICTS[party.verdict]
    decision = Text(word, style=style)
    if party.notice:
        decision.append(f"\n{party.notice}", style="default")
    fields = Text("\n").join(
        [
            *(_told(one) for one in party.told),
            *(_held(one) for one in party.held),
            *_never(party.withheld),
        ]
    )
    why = Text(f"{party.rule}: {party.reason} ({party.paragraph})")
    return Text(f"{party.name}\n{party.party.role}"), decision, fields, why


def _told(one: ToldClass) -> Text:
    names = ", ".join(one.facts) or "no field in this notice"
    return Text.assemble((f"{one.info}: ", "green"), names, (f" [{one.rule}]", "dim"))


def _held(one: KeptClass) -> Text:
    by = f"held {one.kind}, released by {one.released_by}"
    return Text.assemble((f"{one.info}: ", "yellow"), by, (f" [{one.rule}]", "dim"))


def _never(withheld: tuple[KeptClass, ...]) -> list[Text]:
    if not withheld:
        return []
    classes = ", ".join(f"{one.info} [{one.rule}]" for one in withheld)
    return [Text.assemble(("withheld: ", "red"), classes)]
