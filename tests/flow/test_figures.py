"""The figures of a hub that has played the story of Rosewood House (000 10, N048)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from hub.app import open_hub
from hub.app.reckoning import KEPT, LAST, SAID_EVERY, LatelyFigures, work_out
from hub.figures import Recorded, Report, Verdict
from hub.intake.past import with_past
from hub.plan import plan
from hub.ports import Register, RegisterAway
from hub.receipt import Receipt
from hub.settings import Settings
from hub.vocabulary import Rung, Setback
from tests.flow.rosewood import CQC, START, TO_THE_END, Rosewood, example, rosewood, served, sign_in
from tests.flow.test_commands import hub


async def measured(story: Rosewood) -> Report:
    """The figures of the last days, as the story stands now."""
    now = story.clock.now()
    calendars = {"west-sussex": story.tools.pack.calendar}
    return await work_out(story.register, now - LAST, now, now, calendars)


def values(report: Report) -> dict[str, tuple[float | None, int]]:
    return {figure.meaning.key: (figure.value, figure.of) for figure in report.figures}


async def lives(story: Rosewood, *names: str) -> None:
    """Take in these events with what came before them, so that whoever joins is found late."""
    for name in names:
        event = example(name)
        async with story.register.entry() as entry:
            await entry.take([event])
            standing = await with_past(entry, await entry.standing([event.concern]), [event])
            page = plan(standing[event.concern], [event], story.tools, story.clock.now())
            await entry.write(page)
        await story.clock.advance(timedelta(milliseconds=1))


async def answered(story: Rosewood) -> None:
    """Everybody acknowledges everything by code."""
    for each in (await story.record()).notices:
        await story.answers.acknowledge_by_code(
            each.notice.id, "Sam Okoro", "Duty manager", each.notice.ack_code
        )


async def test_N048_the_story_of_rosewood_gives_its_figures() -> None:
    async with rosewood() as story:
        empty = await measured(story)
        await lives(story, *TO_THE_END)
        await story.clock.advance(timedelta(seconds=4))
        await story.sent()
        await story.clock.advance(timedelta(hours=3))
        await answered(story)
        await story.clock.advance(timedelta(hours=22))
        told = await measured(story)
        bounced = await _bounced(story)
        notices = (await story.record()).notices

    assert {figure.verdict for figure in empty.figures} == {Verdict.NOTHING}
    found = values(told)
    alerts = found["alerts-handed-over"][1]
    assert alerts > 3
    assert found["alerts-handed-over"] == (1, alerts)
    assert found["alerts-acknowledged"] == (1, alerts)
    assert found["first-hand-over"][0] == 1
    assert found["unacknowledged-oldest"] == (None, 0)
    assert found["holds-overdue"][0] is None
    # One ICB was named by the amended register alone, when the others had been told.
    assert found["found-late"] == (1, 5)
    assert found["closure-gaps"] == (0, 1)
    # One alert came back: CQC's. It had been acknowledged, and an act of a person stands.
    assert values(bounced)["alerts-handed-over"] == (1, alerts)
    assert len(notices) > alerts


async def _bounced(story: Rosewood) -> Report:
    record = await story.notice_to(CQC, "concern-opened")
    late = [
        Receipt(
            notice=record.notice.id,
            delivery=delivery.id,
            attempt=None,
            at=story.clock.now(),
            source="dsn",
            setback=Setback.LATE_FAILURE,
        )
        for delivery in record.deliveries
    ]
    await story.register.receive(late, (), ())
    return await measured(story)


async def test_M024_an_alert_that_came_back_unanswered_was_not_handed_over() -> None:
    async with rosewood("concern-opened") as story:
        await story.sent(Rung.RELAYED)
        await story.clock.advance(timedelta(hours=25))
        before = await measured(story)
        after = await _bounced(story)

    assert values(before)["alerts-handed-over"] == (1, 1)
    assert values(after)["alerts-handed-over"] == (0, 1)
    assert values(after)["unacknowledged-oldest"] == values(before)["unacknowledged-oldest"]


async def test_M014_what_is_open_ages_and_stays_in_the_figures() -> None:
    async with rosewood(*TO_THE_END[:11]) as story:
        await story.sent()
        early = values(await measured(story))
        await story.clock.advance(timedelta(days=60))
        late = values(await measured(story))

    assert early["unacknowledged-oldest"][0] == 0
    assert late["unacknowledged-oldest"][0] == 60 * 24
    assert early["holds-overdue"] == late["holds-overdue"] == (2, 2)
    # Sixty days on, the notices are not of the last thirty; what is open is open all the same.
    assert late["alerts-handed-over"] == (None, 0)


async def test_N048_the_figures_are_worked_out_once_a_minute_whoever_asks() -> None:
    async with rosewood("concern-opened") as story:
        lately = LatelyFigures(story.register, story.clock, dict)
        first, beside = await asyncio.gather(lately.latest(), lately.latest())
        await story.clock.advance(KEPT - timedelta(seconds=1))
        kept = await lately.latest()
        await story.clock.advance(timedelta(seconds=1))
        anew = await lately.latest()
        await lately.close()

    assert first is not None
    assert first is beside is kept
    assert anew is not None
    assert anew is not kept
    assert anew.at - anew.since == LAST
    assert anew.at == first.at + KEPT


async def test_N048_nobody_waits_long_for_figures_and_older_ones_are_given_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with rosewood("concern-opened") as story:
        slow = _Slow(story.register)
        lately = LatelyFigures(cast("Register", slow), story.clock, dict)
        slow.go.set()
        first = await lately.latest()
        slow.go.clear()
        await story.clock.advance(KEPT)
        monkeypatch.setattr("hub.app.reckoning.AT_MOST", timedelta(0))
        meanwhile = await lately.latest()
        none_yet = LatelyFigures(cast("Register", slow), story.clock, dict)
        nothing = await none_yet.latest()
        monkeypatch.undo()
        slow.go.set()
        then = await lately.latest()
        await lately.close()
        await none_yet.close()
        untouched = LatelyFigures(cast("Register", slow), story.clock, dict)
        await untouched.close()

    assert first is not None
    assert meanwhile is first
    assert nothing is None
    assert then is not None
    assert then.at == first.at + KEPT


async def test_N048_a_register_that_is_away_is_said_and_asked_again() -> None:
    async with rosewood("concern-opened") as story:
        away = _Slow(story.register)
        away.go.set()
        away.lost = True
        lately = LatelyFigures(cast("Register", away), story.clock, dict)
        with pytest.raises(RegisterAway):
            await lately.latest()
        away.lost = False
        found = await lately.latest()
        await lately.close()

    assert found is not None


class _Slow:
    """A register that yields nothing before it is told to go, or is away."""

    def __init__(self, register: Register) -> None:
        self.go = asyncio.Event()
        self.lost = False
        self._register = register

    async def recorded(self, since: datetime, until: datetime) -> AsyncIterator[Recorded]:
        await self.go.wait()
        if self.lost:
            raise RegisterAway
        async for record in self._register.recorded(since, until):
            yield record


async def test_N048_a_long_reading_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[int] = []
    monkeypatch.setattr("hub.app.reckoning.SAID_EVERY", 2)
    async with rosewood("concern-opened") as story:
        await work_out(story.register, START, START + LAST, START, {}, said.append)

    assert SAID_EVERY > 2
    assert said
    assert said == list(range(2, said[-1] + 1, 2))


# The page and the gauges


async def test_B06_the_figures_have_a_page_for_the_signed_in_alone() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()

        async def report() -> Report:
            return await measured(story)

        async with served(story, figures=report) as browser:
            async with browser.get("/figures", allow_redirects=False) as got:
                stranger = got.status
            me = await sign_in(story, browser)
            status, page = await me.get("/figures")
            _, home = await me.get("/")

    assert (stranger, status) == (303, 200)
    assert 'href="/figures"' in home
    assert "Holds whose review is overdue" in page
    assert "<script" not in page
    assert "Rosewood" not in page
    assert "gss:" not in page


async def test_B06_the_page_says_that_there_was_nothing_to_measure() -> None:
    async with rosewood() as story:

        async def report() -> Report:
            return await measured(story)

        async with served(story, figures=report) as browser:
            me = await sign_in(story, browser)
            _, page = await me.get("/figures")
        async with served(story) as browser:
            me = await sign_in(story, browser)
            _, without = await me.get("/figures")

        async def nothing_yet() -> None:
            return None

        async with served(story, figures=nothing_yet) as browser:
            me = await sign_in(story, browser)
            _, early = await me.get("/figures")
            async with browser.get("/metrics") as got:
                assert "hub_figure" not in await got.text()

    assert "There was nothing to measure yet" in page
    assert page.count("nothing to measure") == 10
    assert ">Met<" not in page
    assert "This hub does not work out figures" in without
    assert "The figures are being worked out" in early


async def test_N048_prometheus_reads_what_was_measured_and_nothing_of_what_was_not() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.clock.advance(timedelta(seconds=11))

        async def report() -> Report:
            return await measured(story)

        async with served(story, figures=report) as browser, browser.get("/metrics") as got:
            read = await got.text()

    assert 'hub_figure{figure="first-hand-over"} 0.0' in read
    assert 'hub_figure_target_met{figure="first-hand-over"} 0.0' in read
    assert 'hub_figure_of{figure="alerts-handed-over"} 0.0' in read
    assert 'hub_figure{figure="alerts-handed-over"}' not in read
    assert 'hub_figure_target_met{figure="alerts-handed-over"}' not in read
    assert 'hub_figure_target_met{figure="unacknowledged-oldest"}' not in read


# The command


@pytest.fixture
async def empty(tmp_path: Path) -> Path:
    """A folder with the register of a hub that has just been set up."""
    made = await open_hub(Settings(data_dir=tmp_path / "data", web_port=0))
    await made.close()
    return tmp_path


async def test_N048_hub_report_prints_draws_and_writes_json(empty: Path) -> None:
    code, table, err = await hub(empty, "report", "--json", "r.json", "--svg", "r.svg")
    piped = await hub(empty, "report", "--json", "-", "--from", "2026-01-01", "--to", "2026-03-31")

    assert (code, err) == (0, "")
    assert "Key figures" in table
    assert "nothing to" in table
    written = json.loads((empty / "r.json").read_text("utf-8"))
    assert [figure["value"] for figure in written["figures"]] == [None] * 9
    assert (empty / "r.svg").read_text("utf-8").count("<svg") == 1
    said = json.loads(piped[1])
    assert said["since"] == "2026-01-01T00:00:00+00:00"
    # The last of March is a day of summer time.
    assert said["until"] == "2026-03-31T23:00:00+00:00"


async def test_N048_a_time_that_is_none_is_refused(empty: Path) -> None:
    code, _, err = await hub(empty, "report", "--from", "2026-03-31", "--to", "2026-03-30")
    # Not the next year's: it may begin before the command does.
    future, _, _ = await hub(empty, "report", "--from", f"{datetime.now(UTC).year + 2}-01-01")

    assert (code, future) == (1, 1)
    assert "There is no time between these days" in err
