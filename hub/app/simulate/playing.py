"""From one instant at which something is due to the next, until the scenario is played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from hub.adapters.memory import SequentialMint
from hub.adapters.scripted import Carried
from hub.answers import has_left
from hub.app.books import Books
from hub.app.simulate.acts import Acts
from hub.app.simulate.parts import Parts, simulated
from hub.app.simulate.publishing import Publishing
from hub.app.simulate.scenario import Scenario, notices_named
from hub.app.simulate.tables import RuleTable
from hub.app.simulate.timeline import Row, Seen, What, owed_row, tried_row
from hub.obligation import ObligationKind
from hub.ports import ConcernRecord, NoticeRecord
from hub.receipt import fold
from hub.vocabulary import AgencyId, ConcernId, NoticeId, Rung

SETTLES: Final = timedelta(hours=1)
"""How long time passes after the last step, where nobody says until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything that happened, oldest first, and what stands at the end."""

    title: str
    start: datetime
    end: datetime
    rows: tuple[Row, ...]
    open: tuple[Row, ...]
    """What is owed at the end, earliest due first."""
    names: Mapping[AgencyId, str]
    """What the directory calls each agency at the end."""
    records: tuple[ConcernRecord, ...]
    """Each concern as the register has it at the end."""
    carried: tuple[Carried, ...]
    """Every try, oldest first, with its bytes."""


async def simulate(
    scenario: Scenario,
    books: Books,
    *,
    at: datetime | None = None,
    progress: Callable[[datetime], None] = lambda _: None,
) -> Timeline:
    """Play a scenario and return its timeline, up to `at` (UTC) where that is given.

    `progress` hears of each instant that time comes to. Raises ScenarioRefused where a step cannot
    be done as things stand by then.
    """
    notices_named(scenario, {notice for notice, _ in books.words.templates})
    fresh = replace(books, mint=SequentialMint())
    async with simulated(fresh, scenario.start) as parts:
        acts = Acts(parts=parts, publishing=Publishing(parts=parts))
        playing = _Playing(parts=parts, acts=acts, scenario=scenario, progress=progress)
        return await playing.play(at or scenario.until)


@dataclass(slots=True, kw_only=True)
class _Playing:
    parts: Parts
    acts: Acts
    scenario: Scenario
    progress: Callable[[datetime], None]
    rows: list[Row] = field(default_factory=list)
    records: dict[ConcernId, ConcernRecord] = field(default_factory=dict)
    _seen: dict[ConcernId, Seen] = field(default_factory=dict)
    _tried: int = 0
    """How many tries stand in the timeline already."""
    _answering: dict[NoticeId, tuple[datetime, RuleTable] | None] = field(default_factory=dict)
    """Who answers which notice, and when; None: nobody, or not any more."""
    _read: int = -1
    """How much had been written when the register was read last."""
    _done: int = 0
    """How many steps have been done."""
    _watched: object = None
    """How things stood when the watch looked last."""

    async def play(self, until: datetime | None) -> Timeline:
        """Play every step up to `until`, and let what is due by then happen."""
        asked = any(step.table.service is not None for step in self.scenario.steps)
        await self.parts.run("deliver", "watch", *("tracking",) * asked)
        for step in self.scenario.steps:
            if until is not None and step.at > until:
                break
            await self._pass(step.at)
            if step.table.note:
                self.rows.append(Row(at=step.at, what=What.STEP, says=step.table.note))
            self.rows += await self.acts.do(step)
            self._done += 1
            await self._look()
        await self._pass(until or self.parts.clock.now() + SETTLES)
        return await self._whole()

    async def _pass(self, end: datetime) -> None:
        """Let time pass until `end`, everything that is due on the way done in its turn."""
        clock = self.parts.clock
        while True:
            await self._look()
            self.parts.raise_fault()
            tick, answer = self._tick(), self._next_answer()
            dues = [due for due in (clock.next_wake, tick, answer) if due is not None]
            if not dues or min(dues) > end:
                break
            now = min(dues)
            await clock.move_to(now)
            self.progress(now)
            if tick == now:
                self._watched = self._stands()
                self.parts.ticks.wake()
            await self._answer(now)
        await clock.move_to(end)

    def _tick(self) -> datetime | None:
        """Return when the watch looks next and finds something; None: nothing is to be found."""
        now = self.parts.clock.now()
        owed = [one for record in self.records.values() for one in record.obligations]
        dues = [one.climb.next_at for one in owed if one.climb and one.climb.next_at is not None]
        dues += [now for one in owed if one.kind is ObligationKind.REACH]
        if self._watched == self._stands():
            # It has looked, and nothing has changed since: what it left, it would leave again.
            dues = [due for due in dues if due > now]
        return self.parts.ticks.next_after(min(dues)) if dues else None

    def _stands(self) -> object:
        """Return how things stand, as far as the watch may do something else because of it."""
        return self._done, [
            (record.standing.version, set(record.obligations), record.holds)
            for record in self.records.values()
        ]

    async def _look(self) -> None:
        """Write into the timeline what has come about since the last look."""
        await self.parts.asked.quiet()
        if self._read != self.parts.asked.written:
            self._read = self.parts.asked.written
            for concern in self.acts.publishing.concerns:
                record = await self.parts.register.concern(concern)
                if record is not None:
                    self.records[concern] = record
                    seen = self._seen.setdefault(concern, Seen())
                    self.rows += seen.news(record, self.parts.clock.now())
        self._tell_tries()
        self._expect_answers()

    def _tell_tries(self) -> None:
        by_delivery = {
            each.id: record.notice
            for known in self.records.values()
            for record in known.notices
            for each in record.deliveries
        }
        tries = self._tries()
        for one in tries[self._tried :]:
            self.rows.append(tried_row(one, by_delivery[one.delivery.id]))
        self._tried = len(tries)

    def _tries(self) -> list[Carried]:
        parts = self.parts
        ways = (parts.mail, parts.secure, parts.mesh, parts.texts, parts.hooks)
        return sorted((one for way in ways for one in way.carried), key=lambda one: one.at)

    # Whoever answers

    def _expect_answers(self) -> None:
        """Find who will answer what has left meanwhile, and when."""
        for record in self._notices():
            notice = record.notice
            if notice.id in self._answering or not has_left(record):
                continue
            rule = next(
                (
                    rule
                    for rule in self.scenario.answers
                    if rule.means(notice.party.agency, notice.party.role, notice.template)
                ),
                None,
            )
            left = self.parts.clock.now()
            self._answering[notice.id] = None if rule is None else (left + rule.after, rule)

    def _next_answer(self) -> datetime | None:
        return min((each[0] for each in self._answering.values() if each), default=None)

    async def _answer(self, now: datetime) -> None:
        for record in self._notices():
            due = self._answering.get(record.notice.id)
            if due is None or due[0] > now:
                continue
            self._answering[record.notice.id] = None
            if fold(record.receipts).rung is not Rung.ACKNOWLEDGED:
                await self.acts.reply(due[1], record)

    def _notices(self) -> list[NoticeRecord]:
        return [each for record in self.records.values() for each in record.notices]

    # The end

    async def _whole(self) -> Timeline:
        now = self.parts.clock.now()
        owed = [one for record in self.records.values() for one in record.obligations]
        directory = await self.parts.register.directory()
        return Timeline(
            title=self.scenario.title,
            start=self.scenario.start,
            end=now,
            rows=tuple(self.rows),
            open=tuple(
                owed_row(What.OWED, one, one.opened_at, one.says or str(one.kind))
                for one in sorted(owed, key=lambda one: (one.due, one.id))
            ),
            names={agency.id: agency.name for agency in directory.agencies},
            records=tuple(self.records.values()),
            carried=tuple(self._tries()),
        )
