"""Whoever reads a notice as text and whoever reads it as a page are told the same.

The page is read with a parser, as a screen reader would, and its words are compared with those of
the text, in order: for each template in each of its shapes, and for each notice of each shipped
pack as it leaves, in the two parts of one mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from hub.compose import FACT_CLASSES, compose
from hub.compose.closing import CLOSING
from hub.compose.late import LATE
from hub.compose.naming import FRAMEWORK
from hub.compose.shapes import ALWAYS, with_company
from hub.compose.template import Template
from hub.concern import Concern
from hub.concern.known import Said
from hub.decision import OccasionKind
from hub.events.envelope import Event
from hub.notice import Delivery
from hub.pack.load import load
from hub.pack.rules import OCCASIONS, Pack, Route
from hub.vocabulary import Channel, Role
from tests.core.build_words import (
    NOW,
    SENDER,
    CountingMint,
    directory_now,
    everything_known,
    notify,
    shipped_words,
)
from tests.core.every_event import events_of, lacks

POLICY: Final = Path(__file__).parents[2] / "policy"
PACKS: Final = sorted(folder.name for folder in POLICY.iterdir() if folder.is_dir())
TEMPLATES: Final = sorted(shipped_words().templates.values(), key=lambda t: t.path)
ANYWHERE: Final = CLOSING.union(LATE, {FRAMEWORK})
"""What opens, closes and is cited in every notice, whatever its template mentions."""
BLOCKS: Final = frozenset({"h1", "h2", "p", "ul", "ol", "li", "br", "body"})


class Reader(HTMLParser):
    """Reads a page aloud: its words, and the marks of its lists, with a pause at each block."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._lists: list[int | None] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_head = self._in_head or tag == "head"
        if tag in BLOCKS:
            self.heard.append(" ")
        if tag in {"ul", "ol"}:
            self._lists.append(None if tag == "ul" else 0)
        if tag == "li":
            self.heard.append(self._mark())

    def handle_endtag(self, tag: str) -> None:
        self._in_head = self._in_head and tag != "head"
        if tag in BLOCKS:
            self.heard.append(" ")
        if tag in {"ul", "ol"}:
            self._lists.pop()

    def handle_data(self, data: str) -> None:
        if not self._in_head:
            self.heard.append(data)

    def _mark(self) -> str:
        if self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "


def spoken(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return "".join(reader.heard).split()


# Each template, in each of its shapes.


def shapes(template: Template) -> Iterator[frozenset[str]]:
    """Yield the barest and the fullest shape, each condition met alone, and each one missing."""
    whole = template.facts | ANYWHERE | {"concern_ref"}
    needed = {m.fact for m in template.mentions if m.shown and not m.known}
    least = with_company(needed | ALWAYS) & whole
    yield least
    yield whole
    for fact in sorted(whole - least):
        yield least | (with_company({fact}) & whole)
        yield frozenset(f for f in whole if fact not in with_company({f}))


def value_of(fact: str) -> str:
    """Return a value that would be read as something else if it were not only shown."""
    if fact.endswith("_phone"):
        return "+44 1632 960101"
    if fact == "ack_page":
        return "https://hub.example/acknowledge/n-1?a=1&b=2"
    return f'{fact} is "one" & <b>two</b>\n1. three * four * _five_\n- [six](x) &amp; seven'


VALUES: Final = {fact: value_of(fact) for fact in FACT_CLASSES}


def roles_that_read(template: Template) -> frozenset[Role]:
    words = shipped_words()
    return frozenset(r for r in Role if words.template_for(template.notice, r) is template)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.path)
def test_M074_text_and_page_of_a_template_say_the_same_in_every_shape(template: Template) -> None:
    words = shipped_words()
    role = next(iter(sorted(roles_that_read(template))))

    for shape in dict.fromkeys(shapes(template)):
        written = words.write(template.notice, role, {fact: VALUES[fact] for fact in shape})

        assert spoken(written.html) == written.text.split(), sorted(shape)
        assert set(written.shown) <= shape


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.path)
def test_the_fullest_shape_shows_every_fact_that_its_template_can_show(template: Template) -> None:
    role = next(iter(sorted(roles_that_read(template))))
    seen: set[str] = set()
    for shape in dict.fromkeys(shapes(template)):
        facts = {fact: VALUES[fact] for fact in shape}
        seen.update(shipped_words().write(template.notice, role, facts).shown)

    assert seen >= {mention.fact for mention in template.mentions if mention.shown}


# Each notice of each shipped pack, as it leaves.


@cache
def shipped_pack(name: str) -> Pack:
    return load({file.name: file.read_text(encoding="utf-8") for file in (POLICY / name).iterdir()})


def occasions(route: Route) -> tuple[Event, ...]:
    """Return events of each variant of what the route speaks of."""
    return events_of("concern.opened" if route.event in OCCASIONS else route.event)


def knowing(event: Event) -> Concern:
    """Return the fullest concern, which remembers this event as it was said."""
    known = everything_known()
    said = Said(
        event=event.id, source=event.source, at=NOW, about=event.data.about(), data=event.data
    )
    return replace(known, said=(*known.said, said))


def mails(route: Route, role: Role, pack: Pack, event: Event) -> Iterator[Delivery]:
    """Write what a route tells a role of an event, in time and late, when everything is known.

    What is late opens and ends alike, whatever it is about: one event of a type shows it.
    """
    due = NOW if route.reply_within else None
    told = notify(
        role, route.notice, route.classes, lane=route.lane, reply_due=due, event=event.name
    )
    late = replace(told, occasion=replace(told.occasion, kind=OccasionKind.FOUND_LATE))
    for decision in (told, late) if event is occasions(route)[0] else (told,):
        _, deliveries = compose(
            decision,
            knowing(event),
            event,
            shipped_words(),
            directory_now(),
            pack,
            SENDER,
            CountingMint(),
            NOW,
        )
        yield from (one for one in deliveries if one.channel is Channel.EMAIL)


def parts(mail: bytes) -> tuple[str, str]:
    """Return the text and the page that one mail holds for its reader; files come after them."""
    held = {"text/plain": "", "text/html": ""}
    for part in message_from_bytes(mail).walk():
        body = part.get_payload(decode=True)
        if isinstance(body, bytes) and part.get_content_disposition() is None:
            held[part.get_content_type()] += body.decode("utf-8")
    return held["text/plain"], held["text/html"]


@pytest.mark.parametrize("name", PACKS)
def test_M074_both_parts_of_every_mail_of_every_notice_role_and_variant_say_the_same(
    name: str,
) -> None:
    pack = shipped_pack(name)
    written: set[tuple[str, Role]] = set()

    for route in pack.routes:
        for role in sorted(route.roles):
            for event in occasions(route):
                for mail in mails(route, role, pack, event):
                    text, page = parts(mail.body)
                    assert text
                    assert spoken(page) == text.split(), (route.id, role, event.id)
                    written.add((route.notice, role))

    assert written == {(route.notice, role) for route in pack.routes for role in route.roles}


def test_every_variant_of_every_event_that_is_told_has_been_written() -> None:
    told = {route.event for name in PACKS for route in shipped_pack(name).routes} - {*OCCASIONS}

    assert {event: lacks(event) for event in sorted(told) if lacks(event)} == {}


# The comparison can fail.


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Ring us.</p>", "Ring us today."),
        ("<p>Ring us today.</p>", "Ring us."),
        ("<p>Tell them.</p><p>Ring us.</p>", "Ring us. Tell them."),
        ("<p>Tell<em>them</em>.</p>", "Tell them."),
        ("<ol><li>Ring us.</li></ol>", "2. Ring us."),
        ("<p>&amp;amp;</p>", "&"),
    ],
)
def test_a_page_that_says_something_else_than_the_text_is_found(page: str, text: str) -> None:
    assert spoken(f"<html><head><title>x</title></head><body>{page}</body></html>") != text.split()


def test_a_page_is_read_without_its_title_and_with_a_pause_at_each_block() -> None:
    page = "<h1>PC-1</h1><p>Tell<br>them</p><ul><li>one</li><li>t<b>w</b>o</li></ul>"

    said = spoken(f"<html><head><title>x</title></head><body>{page}</body></html>")

    assert said == ["PC-1", "Tell", "them", "-", "one", "-", "two"]
