"""A quorum: so many different people of each organisation (rules.md, escalation 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.pack.ladder import Ladder
from hub.pack.load import load
from hub.prove.ladders import ladder_faults
from hub.receipt import Acknowledgement, Receipt, who_answered
from hub.vocabulary import AckStrength, NoticeId, Rung
from tests.core.packs import changed, directory, faults_of, pack
from tests.worlds import START

FILE = "escalation.toml"
ASKS = 'from_each = "a named person acknowledges"'


def by(name: str, role: str = "Manager", account: str = "", after: int = 0) -> Receipt:
    strength = AckStrength.ACCOUNT if account else AckStrength.CODE
    person = Acknowledgement(name=name, role=role, organisation="CQC", strength=strength)
    return Receipt(
        notice=NoticeId("n-1"),
        delivery=None,
        attempt=None,
        at=START + timedelta(minutes=after),
        source="code",
        rung=Rung.ACKNOWLEDGED,
        acknowledgement=person,
        evidence=(("person", account),) if account else (),
    )


def people(*receipts: Receipt) -> int:
    assert who_answered(receipts) == who_answered(reversed(receipts)), "in whatever order"
    return len(who_answered(receipts))


def test_one_person_in_two_roles_or_two_spellings_is_one() -> None:
    assert people(by("Ada Byrne"), by(" ada  BYRNE", "Inspector", after=1)) == 1
    assert people(by("Ada Byrne"), by("Sam Hill", after=1)) == 2


def test_one_account_is_one_person_and_two_of_one_name_are_two() -> None:
    assert people(by("Ada Byrne", account="p-1"), by("A. Byrne", account="p-1", after=1)) == 1
    assert people(by("Ada Byrne", account="p-1"), by("Ada Byrne", account="p-2", after=1)) == 2
    assert people(by("Ada Byrne", account="p-1"), by("Ada Byrne", after=1)) == 1


def test_what_a_fenced_worker_brought_and_what_is_no_answer_counts_for_nobody() -> None:
    fenced = replace(by("Ada Byrne"), fenced=True)
    machine = replace(by("Sam Hill"), acknowledgement=None)

    assert people(fenced, machine) == 0


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("a named person acknowledges", 1),
        ("any one", 1),
        ("each organisation", 1),
        ("at least 2", 2),
        ("at least 3", 3),
    ],
)
def test_a_ladder_says_how_many_people_of_each_organisation(words: str, wanted: int) -> None:
    first = first_ladder(words)

    assert (first.people, first.enough) == (wanted, Rung.ACKNOWLEDGED)


def test_a_ladder_may_ask_for_a_rung_and_then_for_nobody_by_name() -> None:
    first = first_ladder("delivered")

    assert (first.people, first.enough) == (1, Rung.DELIVERED)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("at least 1", "asks for 2 to 9 people"),
        ("at least 0", "asks for 2 to 9 people"),
        ("at least 10", "asks for 2 to 9 people"),
        ("at least two", "unknown evidence `at least two`"),
        ("at least -2", "unknown evidence `at least -2`"),
        ("most of them", "unknown evidence `most of them`"),
    ],
)
def test_a_quorum_that_means_nothing_is_a_fault(words: str, says: str) -> None:
    faults = faults_of(changed(FILE, ASKS, f'from_each = "{words}"'))

    assert any(says in fault.says for fault in faults), [fault.says for fault in faults]


def test_a_ladder_of_what_nobody_is_sent_has_no_quorum() -> None:
    review = 'id = "L4"\nsay = "A hold has not been reviewed in time"\n'
    faults = faults_of(changed(FILE, review, f'{review}from_each = "at least 2"\n'))

    assert any("none to acknowledge" in fault.says for fault in faults)


def test_a_ladder_that_waits_for_more_people_than_it_tells_is_a_fault() -> None:
    def found(name: str, wanted: int) -> list[str]:
        ladders = tuple(
            replace(one, people=wanted) if one.id == name else one for one in pack().ladders
        )
        rules = replace(pack(), ladders=ladders)
        return [f.says for f in ladder_faults(rules, directory()) if "waits for" in f.says]

    assert found("L1", 3) == []
    assert found("L3", 2) == []
    assert found("L3", 3) == ["L3 waits for 3 people of a party, and tells 2 desks of it"]


def first_ladder(words: str) -> Ladder:
    return load(changed(FILE, ASKS, f'from_each = "{words}"')).ladders[0]
