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
CORPUS = {
    "script": CANARY,
    "out of an attribute": """"'><svg/onload=ran=4><a href="javascript:ran=5">x</a>""",
    "out of what is raw": "</textarea></title></pre><iframe srcdoc='<script>ran=6</script>'>",
    "handlers": "<details open ontoggle=ran=7><input autofocus onfocus=ran=8><video onerror=ran=9>",
    "mathematics": '<math><mtext><mglyph><style><img src=x onerror="ran=10">',
    "an address": "javascript:ran=11 [x](javascript:ran=12) data:text/html,<b>x</b>",
    "template": "{{7*7}} {%print(7*7)%} ${7*7} #{7*7} <%=7*7%> {{self.__init__.__globals__}}",
    "entities": "&lt;script&gt;ran=13&lt;/script&gt; &#60;b&#62; &amp;lt;b&amp;gt;",
    "direction": "\u202e<b>evil\u202c \u2066<b>\u2069 \u200f\u200b\ufeff<b>",
    "line ends": "one\u2028<b>two\u2029<b>three\u0085<b>",
    "control": "bell\x07 escape\x1b[31m<b> delete\x7f <b>\x01",
    "comment": "<!--><b>--><![CDATA[<b>]]><?xml <b>?>",
}
"""What is tried in every field. What no event may carry is refused with it, and is not shown."""
PUT_BY_US = """() => document.querySelectorAll(
  "script:not([src^='/assets/live-']), img, b, iframe, video, math, "
  + "main svg:not(.swim > svg, .legend > li > svg), "
  + "[onerror], [onfocus], [onload], [ontoggle], "
  + "[href^='javascript:'], [href^='data:'], [autofocus]").length"""
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


def poisoned(name: str, canary: str = CANARY) -> tuple[Event, set[str]]:
    """Return an event with the canary in every field whose contract lets it in, and the fields."""
    whole = json.loads((EXAMPLES / f"{name}.json").read_text())
    taken = set()
    for path, words in list(strings(whole["data"])):
        put(whole["data"], path, f"{words} {canary}")
        if isinstance(read(whole), Event):
            taken.add(".".join(str(step) for step in path if isinstance(step, str)))
        else:
            put(whole["data"], path, words)
    event = read(whole)
    assert isinstance(event, Event)
    return event, taken


def read(whole: Any) -> Event | tuple[Any, ...]:  # noqa: ANN401 - JSON
    return decode(json.dumps(whole).encode(), "application/cloudevents+json", {})


async def everybody_writes_it(story: Rosewood, canary: str = CANARY) -> list[str]:
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
        detail=f"550 {canary}",
        evidence=(("diagnostic", canary), (canary, "1")),
    )
    await story.register.receive([bounced], (), ())
    # What is too long or holds control characters is refused; this is neither.
    answer = (notice.notice.id, f"Ines {canary}"[:100], "Inspector", notice.notice.ack_code)
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


@pytest.mark.parametrize("tried", CORPUS.values(), ids=CORPUS)
async def test_B06_whatever_stands_in_a_field_makes_no_part_of_a_page(
    visit: Visit, tried: str
) -> None:
    made = [poisoned(name, tried) for name in TO_THE_END]
    taken = {field for _, fields in made for field in fields}

    async with rosewood() as story, served(story):
        await story.happens(*(event for event, _ in made))
        paths = await everybody_writes_it(story, tried)
        leo = await visit(story.base)
        await leo.sign_in()

        shown = 0
        for path in (*paths, "/contacts"):
            await leo.open(path)
            words = await leo.page.locator("main").text_content() or ""
            shown += tried in words
            assert await leo.asked(PUT_BY_US) == 0, path
            assert await leo.asked(RAN) is False, path
            assert "49" not in words.replace(tried, "").split(), path
    # A field that takes it shows it, letter for letter.
    assert shown >= (3 if taken else 1)


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
