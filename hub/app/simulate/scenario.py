"""A scenario read from its file: what happens, when; or refused with every fault by its line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hub.app.simulate.tables import RuleTable, ScenarioTable, StepTable
from hub.pack.faults import PackFault, nearest
from hub.pack.sheet import Row, Sheet
from hub.vocabulary import HubError


class ScenarioRefused(HubError):
    """The scenario cannot be played:"""  # noqa: D400  # the faults follow, one a line

    def __init__(self, faults: Iterable[PackFault | str]) -> None:
        self.faults = tuple(str(fault) for fault in faults)
        """Each with its file and its line."""
        super().__init__("\n".join(["", *(f"  {fault}" for fault in self.faults)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens, and when (UTC)."""

    at: datetime
    table: StepTable
    body: bytes | None = None
    """The event's bytes, where it stands in a file of its own."""
    folder: Path | None = None
    """The packs that are put in force, where it says so."""
    where: str
    """File and line, for what only playing it can find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that happens to the hub from outside, oldest first, and who answers."""

    title: str
    start: datetime
    until: datetime | None
    steps: tuple[Step, ...]
    answers: tuple[RuleTable, ...]
    """The first that means a notice answers it; nobody does where there is none."""

    def answered_by(self, answers: Sequence[RuleTable]) -> Scenario:
        """Return the same scenario with others answering."""
        return replace(self, answers=tuple(answers))


def notices_named(scenario: Scenario, known: Collection[str]) -> None:
    """Raise ScenarioRefused where a step or an answer names a notice that nobody writes."""
    named = [(f"an [[answer]] of {scenario.title!r}", rule.notice) for rule in scenario.answers]
    for step in scenario.steps:
        named += [
            (step.where, whom.notice)
            for whom in (step.table.reply, step.table.returned)
            if whom is not None
        ]
    faults = []
    for where, notice in named:
        if notice is not None and notice not in known:
            meant = nearest(notice, known)
            hint = f"; did you mean `{meant}`?" if meant else ""
            faults.append(f"{where}: there is no notice `{notice}`{hint}")
    if faults:
        raise ScenarioRefused(faults)


def read_scenario(file: Path) -> Scenario:
    """Read a scenario and the events it names. Raises ScenarioRefused with every fault of it."""
    sheet = Sheet(file.name, _text(file))
    if sheet.faults:
        raise ScenarioRefused(sheet.faults)
    sheet.closed(("scenario", "step", "answer"))
    head = sheet.one("scenario", ScenarioTable)
    rows = sheet.rows("step", StepTable)
    rules = sheet.rows("answer", RuleTable)
    if "step" not in sheet.content:
        sheet.fault((), "nothing happens in it: write a `[[step]]`")
    steps = _steps(sheet, rows, file.parent, None if head is None else head.table.start)
    if sheet.faults or head is None:
        raise ScenarioRefused(sorted(set(sheet.faults)))
    start = head.table.start or steps[0].at
    return Scenario(
        title=head.table.title,
        start=start.astimezone(UTC),
        until=None if head.table.until is None else head.table.until.astimezone(UTC),
        steps=steps,
        answers=tuple(rule.table for rule in rules),
    )


def read_answers(file: Path) -> tuple[RuleTable, ...]:
    """Read who answers: a file of `[[answer]]` tables. Raises ScenarioRefused."""
    sheet = Sheet(file.name, _text(file))
    rules: tuple[Row[RuleTable], ...] = ()
    if not sheet.faults:
        sheet.closed(("answer",))
        rules = sheet.rows("answer", RuleTable)
    if sheet.faults:
        raise ScenarioRefused(sorted(set(sheet.faults)))
    return tuple(rule.table for rule in rules)


def _steps(
    sheet: Sheet, rows: Sequence[Row[StepTable]], folder: Path, start: datetime | None
) -> tuple[Step, ...]:
    found: list[Step] = []
    now = None if start is None else start.astimezone(UTC)
    for row in rows:
        table = row.table
        if table.at is not None and table.after is not None:
            sheet.fault(row.path, "has `at` and `after`; say one of them")
        if len(table.does) > 1:
            says = f"does {' and '.join(table.does)}; write a step for each"
            sheet.fault(row.path, says)
        if now is None and table.at is None:
            sheet.fault(row.path, "the first step needs `at`, or `[scenario]` a `start`")
            return ()
        at = table.at.astimezone(UTC) if table.at is not None else now
        at = at if at is None or table.after is None else at + table.after
        if at is None or (now is not None and at < now):
            sheet.fault((*row.path, "at"), "is before the step before it; time only goes forward")
            continue
        now = at
        where = f"{row.where.file}:{row.where.line}"
        body, packs = _body(sheet, row, folder), _packs(sheet, row, folder)
        found.append(Step(at=at, table=table, body=body, folder=packs, where=where))
    return tuple(found)


def _packs(sheet: Sheet, row: Row[StepTable], folder: Path) -> Path | None:
    if row.table.policy is None:
        return None
    packs = folder / row.table.policy
    if not packs.is_dir():
        sheet.fault((*row.path, "policy"), f"`{row.table.policy}`: there is no such folder")
    return packs


def _body(sheet: Sheet, row: Row[StepTable], folder: Path) -> bytes | None:
    if row.table.file is None:
        return None
    try:
        return (folder / row.table.file).read_bytes()
    except OSError as error:
        sheet.fault((*row.path, "file"), f"`{row.table.file}`: {error.strerror}")
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise ScenarioRefused([f"{file}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ScenarioRefused([f"{file}: it is not UTF-8"]) from error
