"""The evidence ladder: every order folds to one answer, and nothing is ever overstated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.receipt import LADDER, SAID, Acknowledgement, Reached, Receipt, fold, height
from hub.vocabulary import AckStrength, AttemptId, DeliveryId, NoticeId, Rung, Setback

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
BY_CODE = Acknowledgement(
    name="Jo Field", role="Duty manager", organisation="Surrey", strength=AckStrength.CODE
)


def _receipt(minute: int, delivery: str | None = "mail", **more: Any) -> Receipt:  # noqa: ANN401 - any field
    return Receipt(
        notice=NoticeId("n"),
        delivery=DeliveryId(delivery) if delivery else None,
        attempt=AttemptId(f"a{minute}"),
        at=START + timedelta(minutes=minute),
        source="smtp",
        **more,
    )


def test_the_ladder_has_a_plain_word_for_every_rung_and_says_delivered_for_no_less() -> None:
    assert set(SAID) == set(LADDER)
    assert [height(rung) for rung in LADDER] == list(range(len(LADDER)))
    for rung in (Rung.QUEUED, Rung.SUBMITTED, Rung.RELAYED, Rung.EXPANDED):
        assert "delivered" not in SAID[rung]
        assert "mailbox" not in SAID[rung]


def test_B04_nothing_is_claimed_of_what_has_no_receipt() -> None:
    assert fold(()) == Reached(rung=Rung.QUEUED, since=None)


def test_B04_the_highest_rung_counts_and_since_when_it_stands() -> None:
    found = fold(
        [
            _receipt(1, rung=Rung.SUBMITTED),
            _receipt(2, rung=Rung.DELIVERED),
            _receipt(3, rung=Rung.RELAYED),
            _receipt(4, rung=Rung.DELIVERED),
        ]
    )

    assert found == Reached(rung=Rung.DELIVERED, since=START + timedelta(minutes=2))


@pytest.mark.parametrize("lost", [Setback.FAILED, Setback.LATE_FAILURE, Setback.EXPIRED])
def test_S7_a_late_failure_lowers_the_rung_to_what_still_stands(lost: Setback) -> None:
    taken, failed = _receipt(1, rung=Rung.RELAYED), _receipt(21, setback=lost)
    webhook = _receipt(2, "hook", rung=Rung.SUBMITTED)

    alone, with_another = fold([taken, failed]), fold([taken, webhook, failed])

    assert alone == Reached(rung=Rung.QUEUED, since=None, setbacks=(lost,))
    assert (with_another.rung, with_another.setbacks) == (Rung.SUBMITTED, (lost,))


@pytest.mark.parametrize("lost", [Setback.FAILED, Setback.LATE_FAILURE, Setback.EXPIRED])
def test_S7_the_failure_of_one_try_takes_its_success_back_though_its_report_came_first(
    lost: Setback,
) -> None:
    taken = _receipt(5, rung=Rung.RELAYED)
    outran = replace(_receipt(4, setback=lost), attempt=taken.attempt)

    assert fold([taken, outran]) == Reached(rung=Rung.QUEUED, since=None, setbacks=(lost,))


def test_S7_of_one_instant_the_failure_counts() -> None:
    taken = _receipt(5, rung=Rung.RELAYED)
    other_try = replace(_receipt(5, setback=Setback.FAILED), attempt=AttemptId("another"))

    assert fold([taken, other_try]).rung is Rung.QUEUED


def test_B04_what_names_no_try_is_not_the_same_try_as_what_names_none_either() -> None:
    failed = replace(_receipt(1, setback=Setback.FAILED), attempt=None)
    taken = replace(_receipt(2, rung=Rung.RELAYED), attempt=None)

    assert fold([failed, taken]).rung is Rung.RELAYED


@pytest.mark.parametrize(
    "beside", [Setback.IN_DOUBT, Setback.REFUSED, Setback.DELAYED, Setback.COMPLAINED]
)
def test_B04_other_setbacks_stand_beside_a_rung_and_take_nothing_back(beside: Setback) -> None:
    found = fold([_receipt(1, rung=Rung.RELAYED), _receipt(2, setback=beside)])

    assert (found.rung, found.setbacks) == (Rung.RELAYED, (beside,))


def test_B04_what_succeeds_after_a_failure_counts() -> None:
    found = fold([_receipt(1, setback=Setback.FAILED), _receipt(2, rung=Rung.RELAYED)])

    assert (found.rung, found.setbacks) == (Rung.RELAYED, (Setback.FAILED,))


def test_B04_a_person_who_answered_has_answered_whatever_the_machines_say() -> None:
    found = fold(
        [
            _receipt(1, rung=Rung.RELAYED),
            _receipt(2, None, rung=Rung.ACKNOWLEDGED, acknowledgement=BY_CODE),
            _receipt(30, setback=Setback.LATE_FAILURE),
        ]
    )

    assert found == Reached(
        rung=Rung.ACKNOWLEDGED,
        since=START + timedelta(minutes=2),
        setbacks=(Setback.LATE_FAILURE,),
        acknowledgement=BY_CODE,
        acknowledged_at=START + timedelta(minutes=2),
    )


def test_B04_what_a_fenced_worker_brought_is_evidence_and_never_state() -> None:
    fenced = [
        _receipt(1, rung=Rung.DELIVERED, fenced=True),
        _receipt(2, setback=Setback.FAILED, fenced=True),
    ]

    assert fold(fenced) == Reached(rung=Rung.QUEUED, since=None)
    assert fold([_receipt(0, rung=Rung.RELAYED), *fenced]).rung is Rung.RELAYED


_RECEIPTS = st.builds(
    _receipt,
    st.integers(0, 2),
    st.sampled_from(["mail", "hook", None]),
    rung=st.one_of(st.none(), st.sampled_from(LADDER[:-1])),
    setback=st.one_of(st.none(), st.sampled_from(Setback)),
    acknowledgement=st.one_of(st.none(), st.none(), st.just(BY_CODE)),
    fenced=st.booleans(),
)


@given(st.lists(_RECEIPTS, max_size=5), st.randoms(use_true_random=False))
def test_B04_all_orders_of_the_same_receipts_fold_to_the_same_answer(
    receipts: list[Receipt],
    chance: Any,  # noqa: ANN401 - hypothesis gives no type for it
) -> None:
    shuffled = list(receipts)
    chance.shuffle(shuffled)

    assert fold(shuffled) == fold(receipts)


def _acknowledged(minute: int, strength: AckStrength, **more: Any) -> Receipt:  # noqa: ANN401 - any field
    act = replace(BY_CODE, name=f"Person {minute}", strength=strength)
    return _receipt(minute, None, rung=Rung.ACKNOWLEDGED, acknowledgement=act, **more)


@given(
    made=st.lists(
        st.builds(
            _acknowledged,
            st.integers(0, 30),
            st.sampled_from(AckStrength),
            fenced=st.booleans(),
        ),
        max_size=6,
    ),
    order=st.randoms(use_true_random=False),
)
def test_B04_the_strongest_acknowledgement_is_claimed_in_whatever_order_they_came(
    made: list[Receipt], order: Random
) -> None:
    shuffled = list(made)
    order.shuffle(shuffled)
    found = fold(shuffled)
    counted = [(r.acknowledgement, r.at) for r in made if not r.fenced]
    strengths = [act.strength for act, _ in counted if act is not None]

    assert found == fold(made)
    if not strengths:
        assert found.acknowledgement is None
        return
    assert found.acknowledgement is not None
    assert found.acknowledgement.strength is min(strengths, key=list(AckStrength).index)
    assert found.since == min(at for _, at in counted)
    assert (found.acknowledgement, found.acknowledged_at) in counted


def test_B04_whoever_signs_in_after_a_program_answered_is_who_acknowledged_and_since_it_did() -> (
    None
):
    by_key, by_hand = _acknowledged(1, AckStrength.KEY), _acknowledged(5, AckStrength.ACCOUNT)
    called = _acknowledged(9, AckStrength.RECORDED)

    found = fold([by_key, by_hand, called])

    assert found.acknowledgement == by_hand.acknowledgement
    assert (found.since, found.acknowledged_at) == (by_key.at, by_hand.at)


def test_B04_receipts_of_one_instant_fold_alike_in_all_their_orders() -> None:
    receipts = [
        _receipt(1, rung=Rung.SUBMITTED),
        _receipt(1, rung=Rung.RELAYED),
        _receipt(2, setback=Setback.DELAYED),
        _receipt(2, setback=Setback.LATE_FAILURE),
        _receipt(2, "hook", rung=Rung.RELAYED),
    ]
    people = [
        _receipt(3, None, acknowledgement=BY_CODE),
        _receipt(3, None, acknowledgement=replace(BY_CODE, name="Ali Shah")),
    ]

    answers = {fold(order) for order in permutations(receipts)}

    assert len(answers) == 1
    assert answers.pop().rung is Rung.RELAYED
    assert fold(people) == fold(reversed(people))


@given(st.lists(_RECEIPTS, max_size=6))
def test_B04_more_is_never_claimed_than_some_counted_receipt_said(receipts: list[Receipt]) -> None:
    found = fold(receipts)

    counted = [r for r in receipts if not r.fenced]
    said = {r.rung for r in counted if r.rung} | {
        Rung.ACKNOWLEDGED for r in counted if r.acknowledgement
    }
    assert found.rung in said | {Rung.QUEUED}
    assert set(found.setbacks) == {r.setback for r in counted if r.setback}
