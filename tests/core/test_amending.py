"""A page with facts left out against the whole one: less is told, and nothing else (0032)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.notice import Notice
from hub.page import Page
from hub.plan.amending import (
    Leaving,
    amendment_faults,
    fingerprint,
    gone,
    naming_faults,
    notices_to,
)
from hub.vocabulary import AgencyId, EventId
from tests.core.story import THE_ICB, THE_REGULATOR, Story
from tests.worlds import HOST

MINE = frozenset({THE_REGULATOR})
RISK = frozenset({"affected_count"})


@pytest.fixture(scope="module")
def whole() -> Page:
    """What the opening tells everybody, with how many people may be affected."""
    page = Story().opens()
    return changed(page, lambda n: with_fact(n, "affected_count", "4"))


def with_fact(notice: Notice, name: str, value: str) -> Notice:
    says = f"Affected: {value}."
    return replace(
        notice,
        facts=(*notice.facts, (name, value)),
        text=f"{notice.text}\n{says}",
        html=f"{notice.html}<p>{says}</p>",
    )


def changed(page: Page, how: Callable[[Notice], Notice]) -> Page:
    return replace(page, notices=tuple(how(n) for n in page.notices))


def mine(page: Page, how: Callable[[Notice], Notice]) -> Page:
    return changed(page, lambda n: how(n) if n.party in MINE else n)


def without(notice: Notice) -> Notice:
    return replace(
        notice,
        facts=tuple(one for one in notice.facts if one[0] not in RISK),
        text=notice.text.replace("\nAffected: 4.", ""),
        html=notice.html.replace("<p>Affected: 4.</p>", ""),
    )


def says(whole: Page, less: Page, left_out: frozenset[str] = RISK) -> list[str]:
    return [fault.says for fault in amendment_faults(whole, less, MINE, left_out)]


def test_what_only_leaves_out_what_was_chosen_is_an_amendment(whole: Page) -> None:
    less = mine(whole, without)

    assert says(whole, less) == []
    assert gone(whole, less, MINE) == RISK
    assert gone(whole, whole, MINE) == frozenset()
    assert naming_faults(whole, MINE, RISK) == ()


def test_what_nobody_may_leave_out_is_named(whole: Page) -> None:
    found = [f.says for f in naming_faults(whole, MINE, frozenset({"ack_code", "referrer"}))]

    assert found == [
        "This stands on every notice: ack_code",
        "This is in no notice that would go: referrer",
    ]


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        (lambda n: replace(without(n), text=f"{without(n).text} not"), "something else"),
        (lambda n: n, "would not be less"),
        (lambda n: replace(without(n), template="other"), "another one"),
        (
            lambda n: replace(without(n), facts=(*without(n).facts, ("stage", "closed"))),
            "would not be less",
        ),
        (
            lambda n: replace(
                without(n), facts=tuple(f for f in without(n).facts if "theme" not in f[0])
            ),
            "",
        ),
        (lambda n: replace(without(n), printed=(("plain.html", "more"),)), "something else"),
    ],
    ids=["a word more", "not left out", "another notice", "another value", "less still", "printed"],
)
def test_whatever_adds_or_does_not_leave_out_is_none(
    whole: Page, how: Callable[[Notice], Notice], fault: str
) -> None:
    found = says(whole, mine(whole, how))

    assert any(fault in each for each in found) if fault else found == []


def test_what_is_printed_only_says_less_too(whole: Page) -> None:
    before = mine(whole, lambda n: replace(n, printed=(("plain.html", "a b c"),)))

    less = mine(whole, lambda n: replace(without(n), printed=(("plain.html", "a c"),)))
    more = mine(whole, lambda n: replace(without(n), printed=(("plain.html", "a d"),)))

    assert says(before, less) == []
    assert any("something else" in each for each in says(before, more))


def test_a_class_of_which_nothing_is_left_stays_held(whole: Page) -> None:
    bare = mine(
        whole,
        lambda n: replace(without(n), facts=tuple(f for f in n.facts if f[0] == "concern_ref")),
    )

    assert "Nothing of this would be told: themes. Keep it held, and release the rest" in says(
        whole, bare
    )


def test_what_others_are_told_stays_as_it_is(whole: Page) -> None:
    everybody = changed(whole, without)
    fewer = replace(whole, notices=notices_to(whole, frozenset({THE_ICB})))

    for less in (everybody, fewer):
        assert "What others are told would not be the same" in says(whole, less)


def test_the_hash_is_of_every_word_and_of_nothing_that_is_made_when_it_goes(whole: Page) -> None:
    again = Story()
    again.paper.tools.mint.code()
    again.paper.tools.mint.id()
    other = changed(again.opens(), lambda n: with_fact(n, "affected_count", "4"))
    codes = {n.ack_code for n in whole.notices} & {n.ack_code for n in other.notices}

    assert not codes
    assert fingerprint(whole) == fingerprint(other)
    for how in (
        without,
        lambda n: replace(n, text=f"{n.text} "),
        lambda n: replace(n, html=f"{n.html} "),
        lambda n: replace(n, template="other"),
        lambda n: replace(n, party=replace(n.party, agency=AgencyId("x"))),
        lambda n: replace(n, classes=frozenset()),
        lambda n: replace(n, facts=(*n.facts, ("stage", "closed"))),
        lambda n: replace(n, printed=(("plain.html", "more"),)),
    ):
        assert fingerprint(mine(whole, how)) != fingerprint(whole)


def test_facts_are_left_out_of_one_events_notices_to_whom_it_is_for_alone() -> None:
    story = Story()
    event = story.made("hold.released", hold_id="h-1", authority=HOST)
    leaving = Leaving(event=event.id, source=event.source, parties=MINE, facts=RISK)

    assert leaving.out_of(event, THE_REGULATOR) == RISK
    assert leaving.out_of(event, THE_ICB) == frozenset()
    assert leaving.out_of(replace(event, source="urn:other"), THE_REGULATOR) == frozenset()
    assert leaving.out_of(replace(event, id=EventId("other")), THE_REGULATOR) == frozenset()
