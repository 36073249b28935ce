"""Facts may be unknown, and doubt falls on the safe side (semantics 2)."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from hub.pack.conditions import applies, satisfied
from hub.pack.rules import FACTS, UNKNOWN, Conditions

NAMES = st.sampled_from(sorted(FACTS))


def _values(fact: str) -> st.SearchStrategy[str]:
    return st.sampled_from(FACTS[fact])


@st.composite
def conditions(draw: st.DrawFn) -> Conditions:
    facts = draw(st.lists(NAMES, max_size=3, unique=True))
    return {f: frozenset(draw(st.sets(_values(f), min_size=1))) for f in facts}


@st.composite
def worlds(draw: st.DrawFn) -> Mapping[str, str]:
    facts = draw(st.lists(NAMES, unique=True))
    return {f: draw(st.one_of(_values(f), st.sampled_from([UNKNOWN, "yess", ""]))) for f in facts}


@given(conditions(), worlds())
def test_what_is_satisfied_applies_as_well(when: Conditions, facts: Mapping[str, str]) -> None:
    assert applies(when, facts) or not satisfied(when, facts)


@given(conditions(), worlds())
def test_where_every_fact_is_known_there_is_one_answer(
    when: Conditions, facts: Mapping[str, str]
) -> None:
    known = {f: v for f, v in facts.items() if v != UNKNOWN and v in FACTS[f]}

    if when.keys() <= known.keys():
        plain = all(known[fact] in values for fact, values in when.items())
        assert satisfied(when, facts) == applies(when, facts) == plain


@given(conditions(), worlds(), NAMES)
def test_learning_less_never_satisfies_a_share_and_never_silences_a_withhold(
    when: Conditions, facts: Mapping[str, str], fact: str
) -> None:
    less = {**facts, fact: UNKNOWN}

    assert satisfied(when, facts) or not satisfied(when, less)
    assert applies(when, less) or not applies(when, facts)


@given(conditions())
def test_nothing_known_satisfies_nothing_and_everything_applies(when: Conditions) -> None:
    assert satisfied(when, {}) == (not when)
    assert applies(when, {})


def test_a_missing_fact_a_misspelt_one_and_an_unknown_one_are_the_same() -> None:
    when = {"criminal": frozenset({"yes", UNKNOWN})}

    for facts in ({}, {"criminal": UNKNOWN}, {"criminal": "Yes"}, {"criminal": ""}):
        assert not satisfied(when, facts)
        assert applies(when, facts)
    assert satisfied(when, {"criminal": "yes"})
    assert not applies(when, {"criminal": "none suspected"})


def test_a_fact_that_no_vocabulary_has_is_unknown() -> None:
    when = {"moon": frozenset({"full"})}

    assert not satisfied(when, {"moon": "full"})
    assert applies(when, {"moon": "full"})
