"""What may be left out of a notice by name: it only ever says less (decision 0032)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.compose import MustBeSaid
from hub.compose.facts import FACT_CLASSES
from hub.compose.leaving import always_said, only_says_less, written_without
from hub.compose.words import Words, load_words
from hub.vocabulary import Role

FRONT = "---\nsubject: {{ concern_ref }}\n---\n"
BODY = (
    "**What.** {{ stage }}.{% if themes_plain is defined %} Themes: {{ themes_plain }}.{% endif %}"
    "{% if risk_level is defined %} Risk: {{ risk_level }}.{% endif %}"
    " Next: {% if next_meeting_at is defined %}{{ next_meeting_at }}{% else %}not known{% endif %}."
)
FACTS = {
    "concern_ref": "WS-1",
    "stage": "initiation",
    "themes_plain": "medicines",
    "risk_level": "high",
    "next_meeting_at": "Monday",
}


def words() -> Words:
    return load_words({"told/notice.md.j2": FRONT + BODY + "\n"})


def without(*names: str) -> str:
    return written_without(words(), "told", Role.POLICE, FACTS, frozenset(names)).text


def test_what_is_left_out_is_not_there_and_the_rest_stands() -> None:
    whole, less = without(), without("risk_level")

    assert "Risk: high." in whole
    assert "high" not in less
    assert "Themes: medicines." in less
    assert only_says_less(whole, less)
    assert not only_says_less(less, whole)


def test_words_in_the_place_of_a_fact_are_words_that_were_added() -> None:
    less = without("next_meeting_at")

    assert "not known" in less
    assert not only_says_less(without(), less)


def test_what_the_words_need_cannot_be_left_out() -> None:
    with pytest.raises(MustBeSaid):
        without("stage")


def test_how_to_answer_and_what_every_notice_says_are_always_said() -> None:
    every = {"ack_code", "ack_page", "reply_due", "escalate_at", "handling", "concern_ref"}

    assert set(always_said(every | {"risk_level"})) == every
    assert every <= FACT_CLASSES.keys()


WORDS = st.lists(st.sampled_from(["he", "is", "not", "safe", "now"]), max_size=8)


@given(WORDS, st.data())
def test_whatever_is_taken_away_it_only_says_less(whole: list[str], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    less = [word for word, keeps in zip(whole, kept, strict=True) if keeps]

    assert only_says_less(" ".join(whole), ". ".join(less))


@given(WORDS, WORDS)
def test_what_is_more_or_in_another_order_never_says_less(one: list[str], other: list[str]) -> None:
    both = only_says_less(" ".join(one), " ".join(other))
    back = only_says_less(" ".join(other), " ".join(one))

    assert (both and back) == (one == other)
    assert not only_says_less(" ".join(one), " ".join([*one, "more"]))
