"""What a terminal shows: tables for people, wide or narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.explain import Explained, Explanation, KeptClass, ToldClass

if TYPE_CHECKING:
    from hub.cli.proving import Checked
    from hub.prove.approval import Approval
    from hub.prove.compare import Comparison, Example, Group
    from hub.prove.replay import Heard

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
    never = ", ".join(f"{one.info} [{one.rule}]" for one in withheld if one.kind is None)
    asked = ", ".join(
        f"{one.info}, by the {one.released_by} [{one.rule}]" for one in withheld if one.kind
    )
    lines = [Text.assemble(("withheld: ", "red"), never)] if never else []
    return [*lines, *([Text.assemble(("told only by decision: ", "red"), asked)] if asked else [])]


def show_checked(found: Sequence[Checked], console: Console) -> None:
    """Print every fault as `pack/file:line: ...`, then one line for each pack."""
    for one in found:
        for fault in one.faults:
            console.print(f"{one.name}/{fault}", markup=False)
    table = Table(box=None, pad_edge=False)
    for title in ("pack", "verdict", "cases", "rules", "checks", "seconds", "version", "hash"):
        number = title in {"cases", "rules", "checks", "seconds"}
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    for one in found:
        verdict = (
            Text(f"{len(one.faults)} faults", "red") if one.faults else Text("proved", "green")
        )
        pack = one.pack
        table.add_row(
            one.name,
            verdict,
            f"{one.cases:,}",
            str(one.rules),
            str(len(pack.checks)) if pack else "",
            f"{one.seconds:.1f}",
            pack.version if pack else "not loaded",
            pack.hash[:12] if pack else "",
        )
    console.print(table)


def show_comparison(
    found: Comparison, heard: Sequence[Heard], approval: Approval | None, console: Console
) -> None:
    """Print what differs, grouped; then recorded events; then what is newly disclosed."""
    console.print(
        f"{found.old[:12]} -> {found.new[:12]}: {found.same:,} cells have the same rules, "
        f"the others were asked in {found.cases:,} cases"
    )
    if not found.groups:
        console.print("Nobody would hear anything else, or by another time.", style="green")
    for group in found.groups:
        style = "bold red" if group.change.kind == "told more" else "default"
        console.print(Text(f"{_who(group)}: {group.change.says}", style))
        if len(group.events) > 1:
            console.print(Text(f"    on {', '.join(group.events)}", "dim"))
        console.print(Text(f"    for example: {_example(group.example)}", "dim"))
    if heard:
        console.print(_recorded(heard))
    _show_disclosed(found, approval, console)


def _who(group: Group) -> str:
    roles = ", ".join(group.roles)
    events = group.events
    return f"{roles}, on {events[0] if len(events) == 1 else f'{len(events)} events'}"


def _example(example: Example) -> str:
    facts = [f"{fact} `{value}`" for fact, value in example.facts.items()]
    facts += ["the police have released it"] * bool(example.released)
    facts += ["it has been decided that it is needed"] * example.decided
    return f"{example.role} on {example.event}, {', '.join(facts) or 'always'}"


def _recorded(heard: Sequence[Heard]) -> Table:
    table = Table(title="Recorded events", title_justify="left", expand=True)
    table.add_column("concern and event", ratio=3, overflow="fold")
    table.add_column("party", ratio=2, overflow="fold")
    table.add_column("would have", ratio=4, overflow="fold")
    for one in heard:
        since = "" if one.occasion == "event" else f" ({one.occasion})"
        table.add_row(
            Text(f"{one.concern}\n{one.name}{since}"),
            Text(f"{one.party.agency}\n{one.party.role}"),
            Text("\n".join(change.says for change in one.changes)),
        )
    return table


def _show_disclosed(found: Comparison, approval: Approval | None, console: Console) -> None:
    if not found.disclosed:
        console.print("Nothing is newly disclosed.", style="green")
        return
    console.print("\nNewly disclosed:", style="bold red")
    for group in found.newly_told:
        console.print(Text(f"  {_who(group)}: {group.change.says}"))
    console.print(f"Digest {found.disclosed}")
    if approval is not None:
        at = f"{approval.at:%Y-%m-%d %H:%M} UTC"
        console.print(f"Approved on {at} by {' and '.join(approval.names)}.", markup=False)
        return
    console.print(
        'Nobody has approved it. Two people whom the new pack names do: --approved-by "Name, role" '
        '--approved-by "Name, role".',
        markup=False,
    )
