"""What others write is shown as text, wherever it stands: it never becomes a part of the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Route

from hub.events.decode import decode
from hub.events.envelope import Event
from hub.receipt import Receipt
from hub.vocabulary import Rung, Setback
from tests.browser.conftest import Visit
from tests.flow.rosewood import CONCERN, CQC, EXAMPLES, TO_THE_END, Rosewood, rosewood, served

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANARY = (
    """<script>ran=1</script><img src=x onerror=ran=2><b autofocus tabindex=0 onfocus="ran=3">'"""
)
PUT_BY_US = "() => document.querySelectorAll('script, img, b, [onerror], [onfocus]').length"
RAN = "() => 'ran' in window"
BOARD = f"/concerns/{CONCERN}"
Path = tuple[str | int, ...]


def strings(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:  # noqa: ANN401 - JSON
    """Yield every string with the way to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from strings(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from strings(each, (*path, number))


def put(value: Any, path: Path, words: str) -> None:  # noqa: ANN401 - JSON
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = words


def poisoned(name: str) -> tuple[Event, set[str]]:
    """Return an event with the canary in every field whose contract lets it in, and the fields."""
    whole = json.loads((EXAMPLES / f"{name}.json").read_text())
    taken = set()
    for path, words in list(strings(whole["data"])):
        put(whole["data"], path, f"{words} {CANARY}")
        if isinstance(read(whole), Event):
            taken.add(".".join(str(step) for step in path if isinstance(step, str)))
        else:
            put(whole["data"], path, words)
    event = read(whole)
    assert isinstance(event, Event)
    return event, taken


def read(whole: Any) -> Event | tuple[Any, ...]:  # noqa: ANN401 - JSON
    return decode(json.dumps(whole).encode(), "application/cloudevents+json", {})


async def everybody_writes_it(story: Rosewood) -> list[str]:
    """Let mail servers and readers write it too; return every screen that shows something."""
    await story.sent(Rung.RELAYED)
    notice = await story.notice_to(CQC, "closure-notice")
    bounced = Receipt(
        notice=notice.notice.id,
        delivery=notice.deliveries[0].id,
        attempt=None,
        at=story.clock.now(),
        source="smtp",
        setback=Setback.FAILED,
        detail=f"550 {CANARY}",
        evidence=(("diagnostic", CANARY), (CANARY, "1")),
    )
    await story.register.receive([bounced], (), ())
    # What is too long or holds control characters is refused; this is neither.
    answer = (notice.notice.id, f"Ines {CANARY}"[:100], "Inspector", notice.notice.ack_code)
    await story.answers.acknowledge_by_code(*answer)
    base = f"{BOARD}/notices/{notice.notice.id}"
    evidence = f"{BOARD}/evidence/{notice.deliveries[0].id}"
    return ["/", BOARD, f"{BOARD}/closure", base, f"{base}/told", evidence]


async def test_B06_a_canary_in_every_field_is_shown_as_text_and_never_runs(visit: Visit) -> None:
    made = [poisoned(name) for name in TO_THE_END]
    fields = set[str]().union(*(taken for _, taken in made))
    free = {"service.provider_name", "service.location_name", "leo.name", "chair.name", "place"}
    assert free | {"improvement_evidence", "themes.theme", "contract_contact"} <= fields

    async with rosewood() as story, served(story):
        await story.happens(*(event for event, _ in made))
        paths = await everybody_writes_it(story)
        leo = await visit(story.base)
        await leo.sign_in()

        for path in paths:
            await leo.open(path)
            assert CANARY in (await leo.page.locator("main").text_content() or ""), path
            assert await leo.asked(PUT_BY_US) == 0, path
            assert await leo.asked(RAN) is False, path


async def test_B06_what_is_typed_into_a_form_comes_back_as_text(visit: Visit) -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        notice = (await story.notice_to(CQC, "closure-notice")).notice
        reader = await visit(story.base)
        await reader.open(f"/acknowledge/{notice.id}")

        await reader.page.get_by_label("Your name").fill(f'"> {CANARY}')
        await reader.page.get_by_role("button", name="Acknowledge the notice").click()
        await reader.page.get_by_role("alert").wait_for()

        typed = await reader.page.get_by_label("Your name").input_value()
        assert typed == f'"> {CANARY}'
        assert await reader.asked(PUT_BY_US) == 0
        assert await reader.asked(RAN) is False


async def test_B06_a_script_that_slipped_into_a_page_would_not_run(visit: Visit) -> None:
    async with rosewood(*TO_THE_END[:1]) as story, served(story):
        leo = await visit(story.base)
        await leo.sign_in()

        async def slip(route: Route) -> None:
            got = await route.fetch()
            await route.fulfill(
                response=got, body=(await got.text()).replace("</h1>", f"</h1>{CANARY}")
            )

        await leo.page.route(f"**{BOARD}", slip)
        await leo.open(BOARD)
        await leo.page.locator("main b").focus()

        assert await leo.asked(PUT_BY_US) >= 3
        assert await leo.asked(RAN) is False
        assert any("Content Security Policy" in each for each in leo.errors)
        leo.errors.clear()
