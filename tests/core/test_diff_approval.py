"""What is newly disclosed is approved by two people, by name, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from hub.prove.approval import (
    Approval,
    NoApprovals,
    NotApproved,
    approval_of,
    approve,
    read_approvals,
    written,
)
from hub.prove.compare import Comparison
from hub.vocabulary import PackHash
from tests.core.packs import pack

NOON: Final = datetime(2026, 12, 1, 12, tzinfo=UTC)
FOUND: Final = Comparison(
    old=PackHash("a" * 64),
    new=PackHash("b" * 64),
    cases=1,
    same=0,
    groups=(),
    disclosed="d" * 64,
)


def _names() -> list[str]:
    first, second = pack().approved_by[:2]
    return [f"Amara Okafor, {first}", f"Bea Lin, {second}"]


def test_two_different_people_whom_the_new_pack_names_approve() -> None:
    given = approve(FOUND, pack(), _names(), NOON)

    assert approval_of(FOUND, pack(), [given]) == given


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda names: names[:1], "2 different people"),
        (lambda names: [names[0], names[0]], "2 different people"),
        (lambda names: [names[0], names[0].replace("Okafor", "Okoro")], "2 different people"),
        (
            lambda names: [names[0], f"amara  okafor,{names[1].partition(',')[2]}"],
            "2 different people",
        ),
        (lambda names: [names[0], "Bea Lin"], "names no person"),
        (lambda names: [names[0], f",{names[1].partition(',')[2]}"], "names no person"),
        (lambda names: [names[0], f"{names[1]}n"], "did you mean"),
        (lambda names: [names[0], "Bea Lin, Passer-by"], "approves nothing in this pack"),
    ],
)
def test_nobody_else_approves(change: object, says: str) -> None:
    assert callable(change)

    with pytest.raises(NotApproved, match=says):
        approve(FOUND, pack(), change(_names()), NOON)


def test_an_approval_is_of_one_pair_of_packs_and_one_set_of_disclosures() -> None:
    given = approve(FOUND, pack(), _names(), NOON)

    for other in (
        replace(FOUND, old=PackHash("c" * 64)),
        replace(FOUND, new=PackHash("c" * 64)),
        replace(FOUND, disclosed="c" * 64),
    ):
        assert approval_of(other, pack(), [given]) is None


def test_an_approval_written_by_hand_is_held_to_the_same_rule() -> None:
    given = approve(FOUND, pack(), _names(), NOON)
    forged = given.model_copy(update={"names": (_names()[0], _names()[0])})

    assert approval_of(FOUND, pack(), [forged]) is None


def test_of_several_approvals_the_latest_is_shown() -> None:
    first = approve(FOUND, pack(), _names(), NOON)
    second = approve(FOUND, pack(), _names(), NOON + timedelta(days=1))

    assert approval_of(FOUND, pack(), [second, first]) == second


def test_a_file_of_approvals_reads_as_it_was_written() -> None:
    given = (approve(FOUND, pack(), _names(), NOON),)

    assert read_approvals("west.approvals.json", written(given)) == given


@pytest.mark.parametrize("text", ["", "{}", '[{"old": "a"}]', '[{"more": 1}]'])
def test_what_is_no_file_of_approvals_is_said_with_its_name(text: str) -> None:
    with pytest.raises(NoApprovals, match=r"west\.approvals\.json: "):
        read_approvals("west.approvals.json", text)


def test_an_approval_without_a_zone_is_no_moment() -> None:
    with pytest.raises(ValueError, match="timezone"):
        Approval.model_validate(
            {"old": "a", "new": "b", "disclosed": "c", "names": (), "at": datetime(2026, 1, 1)}  # noqa: DTZ001  # that is the point
        )
