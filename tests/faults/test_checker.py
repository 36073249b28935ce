"""The checker finds every loss, double and lie that is planted in a history, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults import checker
from tests.faults.checker import History, Verdict, check, main, read

GOOD = Verdict(
    attempted=3,
    acknowledged=3,
    lost=0,
    duplicated=0,
    recovered=0,
    unexpected=0,
    unflagged=0,
    altered=0,
    unproven=0,
    doubled=0,
    faults=1,
    poisoned=1,
    spoiled=0,
    deliveries=6,
)

Line = dict[str, Any]


def good() -> list[Line]:
    """Three events of two deliveries each, a fault, and one poison: a run in which all is well."""
    return [
        *({"operation": "publish", "event": e, "owes": 2, "result": "acknowledged"} for e in "abc"),
        {"operation": "poison", "sha256": "p", "result": "acknowledged"},
        {"operation": "fault", "result": "killed"},
        *(carry(e, n) for e in "abc" for n in "12"),
        *(record(e, n) for e in "abc" for n in "12"),
        {"operation": "quarantine", "sha256": "p", "result": "kept"},
    ]


def carry(event: str, number: str, sha256: str | None = None) -> Line:
    said = sha256 or f"sha-{event}{number}"
    return {"operation": "carry", "delivery": event + number, "sha256": said, "result": "taken"}


def record(event: str, number: str, **more: object) -> Line:
    return {
        "operation": "record",
        "event": event,
        "delivery": event + number,
        "sha256": f"sha-{event}{number}",
        "doubted": False,
        "result": "submitted",
    } | more


def without(operation: str, **which: str) -> Iterator[Line]:
    wanted = {"operation": operation, **which}
    return (line for line in good() if not wanted.items() <= line.items())


def test_a_run_in_which_all_is_well_is_called_so() -> None:
    verdict = check(good())

    assert verdict == GOOD
    assert not verdict.wrong


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(list(without("carry", delivery="b1")), id="a delivery that never came"),
        pytest.param(list(without("record", delivery="b1")), id="one the register forgot"),
        pytest.param(
            [line for line in good() if line.get("delivery", " ")[0] != "b"], id="a whole event"
        ),
    ],
)
def test_a_planted_loss_is_found(history: list[Line]) -> None:
    verdict = check(history)

    assert verdict.lost == 1
    assert verdict.wrong


def test_a_delivery_that_the_register_owes_beyond_what_was_asked_and_never_came_is_a_loss() -> None:
    verdict = check([*good(), record("b", "3")])

    assert verdict.lost == verdict.doubled == 1


def test_a_double_that_is_flagged_is_counted_and_allowed() -> None:
    history = [*without("record", delivery="a1"), record("a", "1", doubted=True), carry("a", "1")]

    assert check(history) == replace(GOOD, duplicated=1)


def test_a_double_that_nobody_flagged_is_found() -> None:
    verdict = check([*good(), carry("a", "1")])

    assert verdict == replace(GOOD, duplicated=1, unflagged=1)
    assert verdict.wrong == {"unflagged": 1}


def test_a_double_under_another_id_is_found() -> None:
    verdict = check([*good(), record("a", "3"), carry("a", "3")])

    assert verdict == replace(GOOD, doubled=1, deliveries=7)


def test_other_bytes_are_found_in_the_first_copy_as_in_the_second() -> None:
    first = [*without("carry", delivery="a1"), carry("a", "1", "other")]

    assert check(first).altered == 1
    assert check([*good(), carry("a", "1", "other")]).altered == 1


def test_a_delivery_that_came_and_is_not_claimed_is_found() -> None:
    history = [*without("record", delivery="a1"), record("a", "1", result="unproven")]

    assert check(history) == replace(GOOD, unproven=1)


def test_an_event_of_which_no_answer_came_may_be_recovered_or_nowhere_and_neither_is_wrong() -> (
    None
):
    unsure = {"operation": "publish", "owes": 2, "result": "unknown"}
    recovered = [*without("publish", event="a"), unsure | {"event": "a"}]

    assert check(recovered) == replace(GOOD, acknowledged=2, recovered=1)
    assert check([*good(), unsure | {"event": "d"}]) == replace(GOOD, attempted=4)


def test_what_nobody_published_or_recorded_is_unexpected() -> None:
    assert check([*good(), carry("x", "1")]).unexpected == 1
    assert check([*without("publish", event="a")]).unexpected == 2


def test_poison_that_is_not_kept_byte_for_byte_is_found() -> None:
    history = [
        *without("quarantine"),
        {"operation": "quarantine", "sha256": "other", "result": "kept"},
    ]

    assert check(history) == replace(GOOD, spoiled=1)


def test_a_history_is_written_line_by_line_and_its_counters_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    with History(path) as history:
        history.note(checker.PUBLISH, checker.ACKNOWLEDGED, start=1.5, event="a", owes=1)
        with history.fault("killed"):
            pass

    lines = list(read(path))

    assert dict(lines[0]) | {"end": 0} == {
        "operation": "publish",
        "start": 1.5,
        "end": 0,
        "result": "acknowledged",
        "event": "a",
        "owes": 1,
    }
    assert lines[1]["start"] <= lines[1]["end"]
    assert main(str(path)) == 1
    said = capsys.readouterr().out
    assert "attempted            1\n" in said
    assert "lost                 1  <-- must be 0\n" in said
