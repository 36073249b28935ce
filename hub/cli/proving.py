"""`hub check`, `hub diff`: prove a pack, draw it, say what another would change."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hub.vocabulary import HubError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.compose import Words
    from hub.compose.template import TemplateFault
    from hub.pack.faults import PackFault
    from hub.pack.rules import Pack
    from hub.prove.approval import Approval
    from hub.prove.compare import Comparison
    from hub.prove.replay import Heard

NOT_APPROVED = 2
"""The exit code where more is disclosed and nobody has approved it."""


class OnePack(HubError):
    """A drawing is of one pack: name its folder."""


class PackRefused(HubError):
    """This pack cannot be read:"""  # noqa: D400  # every fault follows


class NoWordsFor(HubError):
    """Today's words cannot write what one of these packs would tell on recorded events:"""  # noqa: D400


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of proving one folder."""

    name: str
    faults: tuple[PackFault, ...]
    seconds: float
    pack: Pack | None = None
    """None where it could not be loaded."""
    cases: int = 0

    @property
    def rules(self) -> int:
        """Return how many rules it has."""
        if self.pack is None:
            return 0
        kinds = (self.pack.shares, self.pack.withholds, self.pack.routes, self.pack.nothings)
        return sum(len({rule.id for rule in rules}) for rules in kinds)


def check(
    pack: Annotated[
        Path | None, typer.Argument(help="One pack's folder; else: every pack that ships.")
    ] = None,
    templates: Annotated[
        Path | None, typer.Option(help="A folder of message templates; else: those that ship.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    chart: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="Draw who is told what into this SVG file; `-` prints it as text instead.",
        ),
    ] = None,
) -> None:
    """Prove a pack before it may be used. Prints every fault with file and line; exit 1 if any."""
    from hub.adapters.shipped import pack_folders, shipped
    from hub.cli.showing import show_checked

    folders = (pack,) if pack is not None else pack_folders(shipped("policy"))
    if chart is not None:
        _draw(chart, folders)
        return
    words = _words(templates, as_json)
    progress = Console(stderr=True)
    found = []
    for folder in folders:
        with progress.status(f"Proving {folder}"):
            found.append(_checked(folder, words))
    if as_json:
        _print({"packs": [_checked_json(one) for one in found]})
    else:
        show_checked(found, Console(highlight=False, soft_wrap=True))
    if not found or any(one.faults for one in found):
        raise typer.Exit(1)


def diff(
    old: Annotated[Path, typer.Argument(help="The folder of the pack as it was.")],
    new: Annotated[Path, typer.Argument(help="The folder of the pack as it is to be.")],
    events: Annotated[
        Path | None,
        typer.Option(help="A folder of recorded events, each a JSON file: who heard otherwise?"),
    ] = None,
    approved_by: Annotated[
        list[str] | None,
        typer.Option(
            help="`Name, role`, twice: two people whom the new pack names in `approved_by`. "
            "Writes down that they approve what is newly disclosed."
        ),
    ] = None,
    approvals: Annotated[
        Path | None,
        typer.Option(help="The file of approvals; else: NEW.approvals.json beside the new pack."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say which notices would have changed. Exit 2: more is disclosed, and nobody approved it.

    Both packs are asked about every event, role and combination of facts; recorded events are
    planned with both. What is newly disclosed needs approval by name.
    """
    from hub.cli.showing import show_comparison
    from hub.prove.compare import compare
    from hub.prove.report import comparison_json

    before, after = _both(old, new)
    with Console(stderr=True).status("Asking both packs"):
        found = compare(before, after)
        heard = _heard(events, new, before, after) if events is not None else ()
    file = approvals or new.resolve().with_name(f"{new.resolve().name}.approvals.json")
    approval = _approval(file, found, after, approved_by or [])
    if as_json:
        _print(comparison_json(found, heard, approval))
    else:
        show_comparison(found, heard, approval, Console(highlight=False))
    if found.disclosed and approval is None:
        raise typer.Exit(NOT_APPROVED)


def _draw(file: str, folders: Sequence[Path]) -> None:
    from hub.prove.chart import chart
    from hub.prove.chart_svg import as_svg
    from hub.prove.chart_text import as_text

    if file != "-" and len(folders) != 1:
        raise OnePack
    for folder in folders:
        drawn = chart(_loaded(folder))
        if file == "-":
            sys.stdout.write(as_text(drawn))
        else:
            Path(file).write_text(as_svg(drawn), "utf-8")


def _words(templates: Path | None, as_json: bool) -> Words:
    from hub.adapters.shipped import read_folder, shipped
    from hub.compose import WordsFaults, load_words

    try:
        return load_words(read_folder(templates or shipped("message_templates"), ".md.j2"))
    except WordsFaults as refused:
        if as_json:
            _print({"packs": [], "faults": [_fault_json(fault) for fault in refused.faults]})
        else:
            sys.stdout.write("".join(f"{fault}\n" for fault in refused.faults))
        raise typer.Exit(1) from None


def _checked(folder: Path, words: Words) -> Checked:
    from hub.adapters.shipped import read_folder
    from hub.pack.faults import PackFaults
    from hub.pack.load import load, load_directory
    from hub.prove import proof

    began = time.monotonic()
    sources = read_folder(folder)
    try:
        pack = load(sources)
        proved = proof(pack, words, load_directory(sources["directory.toml"]))
    except PackFaults as refused:
        seconds = time.monotonic() - began
        return Checked(name=folder.resolve().name, faults=refused.faults, seconds=seconds)
    return Checked(
        name=folder.resolve().name,
        faults=proved.faults,
        seconds=time.monotonic() - began,
        pack=pack,
        cases=proved.cases,
    )


def _both(old: Path, new: Path) -> tuple[Pack, Pack]:
    """Load both packs, or say every fault of both."""
    before, after = _load(old, earlier=True), _load(new)
    if isinstance(before, str) or isinstance(after, str):
        raise PackRefused("".join(found for found in (before, after) if isinstance(found, str)))
    return before, after


def _loaded(folder: Path) -> Pack:
    found = _load(folder)
    if isinstance(found, str):
        raise PackRefused(found)
    return found


def _load(folder: Path, *, earlier: bool = False) -> Pack | str:
    """Return the pack, or its faults, one a line."""
    from hub.adapters.shipped import read_folder
    from hub.pack.faults import PackFaults
    from hub.pack.load import load

    try:
        return load(read_folder(folder), earlier=earlier)
    except PackFaults as refused:
        return "".join(f"\n  {folder}/{fault}" for fault in refused.faults)


def _heard(events: Path, folder: Path, old: Pack, new: Pack) -> tuple[Heard, ...]:
    """Plan recorded events with both packs, as if the new pack's directory had always stood."""
    from hub.adapters.memory import SequentialMint
    from hub.adapters.shipped import read_folder, shipped
    from hub.cli.asking import events_in, rehearsing
    from hub.compose import load_words, words_faults
    from hub.pack.load import load_directory
    from hub.plan import Tools
    from hub.prove.replay import replay

    words = load_words(read_folder(shipped("message_templates"), ".md.j2"))
    wrong = [f"\n  {pack.hash[:12]}: {f}" for pack in (old, new) for f in words_faults(words, pack)]
    if wrong:
        raise NoWordsFor("".join(wrong))
    directory = load_directory(read_folder(folder)["directory.toml"])
    both = [
        Tools(
            pack=pack, directory=directory, words=words, sender=rehearsing(), mint=SequentialMint()
        )
        for pack in (old, new)
    ]
    return tuple(replay(events_in(events), *both))


def _approval(file: Path, found: Comparison, new: Pack, names: Sequence[str]) -> Approval | None:
    """Return the approval that stands in the file; written into it first, where names are given."""
    from hub.adapters.clock import SystemClock
    from hub.prove.approval import approval_of, approve, read_approvals, written

    known = read_approvals(str(file), file.read_text("utf-8")) if file.exists() else ()
    if names and found.disclosed:
        known = (*known, approve(found, new, names, SystemClock().now()))
        file.write_text(written(known), "utf-8")
    return approval_of(found, new, known)


def _checked_json(one: Checked) -> Mapping[str, object]:
    pack = one.pack
    return {
        "pack": one.name,
        "proved": not one.faults,
        "version": pack.version if pack else None,
        "hash": pack.hash if pack else None,
        "rules": one.rules,
        "checks": len(pack.checks) if pack else 0,
        "cases": one.cases,
        "seconds": round(one.seconds, 3),
        "faults": [_fault_json(fault) for fault in one.faults],
    }


def _fault_json(fault: PackFault | TemplateFault) -> Mapping[str, object]:
    return {
        "file": fault.file,
        "line": fault.line,
        "says": fault.says,
        "did_you_mean": getattr(fault, "did_you_mean", None),
    }


def _print(found: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
