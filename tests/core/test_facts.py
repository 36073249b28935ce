"""Facts back to publishers: what each says, and that nobody reads one that is not theirs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.facts import (
    ENTITLED,
    SAYS,
    Fact,
    FactName,
    Subscriber,
    Topic,
    changed_rung,
    confirmed,
    entitled,
    hold_facts,
    new_setbacks,
    obliged,
    queued,
    tell,
)
from hub.facts.said import ClosureConfirmed
from hub.receipt import Acknowledgement, Receipt
from hub.vocabulary import (
    AckStrength,
    AgencyId,
    ConcernId,
    DeliveryId,
    HoldKind,
    NoticeId,
    ObligationKind,
    PublisherId,
    Role,
    Rung,
    Setback,
)
from tests.builders import PLACING, SOURCE, notice_of, obligation_of, opened, told

CONCERN: Final = ConcernId("c-1")
NOTICE: Final = NoticeId("n-1")
AT: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ME: Final = AgencyId("gss:E10000099")
OTHER: Final = AgencyId("gss:E10000032")
HUB: Final = "https://hub.example"
OF_NOTICES: Final = {
    FactName.NOTICE_QUEUED,
    FactName.RUNG_CHANGED,
    FactName.SETBACK_RECORDED,
}
OF_OBLIGATIONS: Final = {
    FactName.OBLIGATION_OPENED,
    FactName.OBLIGATION_OVERDUE,
    FactName.OBLIGATION_DISCHARGED,
}
OF_HOLDS: Final = {FactName.HOLD_PLACED, FactName.HOLD_RELEASED}


def reader(*roles: Role, publisher: str = "me", source: str = "https://me.example") -> Subscriber:
    return Subscriber(
        publisher=PublisherId(publisher), agency=ME, source=source, roles=frozenset(roles)
    )


def receipt(minute: int, **said: Any) -> Receipt:  # noqa: ANN401 - of any field
    at = AT + timedelta(minutes=minute)
    return Receipt(
        notice=NOTICE,
        delivery=said.pop("delivery", DeliveryId("d-1")),
        attempt=None,
        at=at,
        source="smtp",
        detail="550 no such user duty@surrey.example",
        evidence=(("reply", "their words"),),
        **said,
    )


def numbered(*receipts: Receipt) -> list[tuple[int, Receipt]]:
    return [*enumerate(receipts, start=1)]


# Who may read what


def test_every_role_has_its_row_and_its_reason() -> None:
    assert ENTITLED.keys() == set(Role)
    assert all(reason for _, reason in ENTITLED.values())


def expected(role: Role, name: FactName, about: Role, *, own: bool, placed: bool) -> bool:
    """Say it anew, from the words of the issue and not from the table."""
    if role in {Role.PROVIDER, Role.HOST_AUTHORITY}:
        return role is Role.HOST_AUTHORITY
    if name in OF_HOLDS:
        return ((role is Role.POLICE and about is Role.PROVIDER) or placed) and not own
    if name in {FactName.RUNG_CHANGED, FactName.SETBACK_RECORDED}:
        return own
    return name is FactName.CLOSURE_CONFIRMED


@pytest.mark.parametrize("role", Role)
def test_each_role_reads_what_the_rule_says_and_no_more(role: Role) -> None:
    for name, about, own, placed in product(FactName, Role, (True, False), (True, False)):
        party = Party(agency=ME if own else OTHER, role=about)
        by = frozenset({"https://me.example"}) if placed else frozenset[str]()

        may = entitled(name, party, reader(role), by)

        assert may is expected(role, name, about, own=own, placed=placed), (name, about, own)


@pytest.mark.parametrize("name", FactName)
def test_a_publisher_without_a_part_in_the_concern_reads_nothing(name: FactName) -> None:
    party = Party(agency=ME, role=Role.PLACING_AUTHORITY)

    assert not entitled(name, party, reader(), frozenset({"https://me.example"}))


@pytest.mark.parametrize("name", FactName)
def test_M072_a_providers_system_reads_nothing_whatever_else_it_is(name: FactName) -> None:
    for also, about in product(Role, Role):
        by = frozenset({"https://me.example"})
        party = Party(agency=ME, role=about)
        assert not entitled(name, party, reader(also, Role.PROVIDER), by)


def test_two_parts_read_what_either_may() -> None:
    party = Party(agency=OTHER, role=Role.PROVIDER)
    for one, other in combinations((r for r in Role if r is not Role.PROVIDER), 2):
        for name in FactName:
            either = any(entitled(name, party, reader(r), frozenset()) for r in (one, other))
            assert entitled(name, party, reader(one, other), frozenset()) is either


def test_no_topic_is_for_nobody() -> None:
    assert frozenset[Topic]().union(*(topics for topics, _ in ENTITLED.values())) == set(Topic)


# What is said


def every_fact() -> list[Fact]:
    act = Acknowledgement(
        name="Jo Bell", role="Duty manager", organisation="Surrey", strength=AckStrength.CODE
    )
    receipts = numbered(
        receipt(0, rung=Rung.SUBMITTED),
        receipt(1, setback=Setback.LATE_FAILURE),
        receipt(2, rung=Rung.ACKNOWLEDGED, acknowledgement=act, delivery=None),
    )
    new = frozenset({1, 2, 3})
    owed = replace(obligation_of(CONCERN), says="ring them: the adult is in danger", key="the key")
    held = frozenset({(Party(agency=OTHER, role=Role.PROVIDER), HoldKind.H1)})
    climbed = changed_rung(CONCERN, NOTICE, PLACING, receipts, new, AT)
    assert climbed is not None
    closing = ClosureConfirmed(attestation="a-1", reached=7, waived=1, sha256="0" * 64, key="k")
    return [
        queued(replace(notice_of(told(opened(CONCERN))), concern=CONCERN), (SOURCE, "opened-1")),
        climbed,
        *new_setbacks(CONCERN, NOTICE, PLACING, receipts, new, AT),
        *(obliged(name, owed, AT) for name in sorted(OF_OBLIGATIONS)),
        *hold_facts(CONCERN, 3, frozenset(), held, {}, AT),
        *hold_facts(CONCERN, 4, held, frozenset(), {}, AT),
        confirmed(CONCERN, closing, AT),
    ]


def test_each_fact_is_a_cloud_event_of_its_own_type_and_its_own_data() -> None:
    facts = every_fact()

    told_to_host = tell(facts, [reader(Role.HOST_AUTHORITY)], HUB)

    assert {fact.name for fact in facts} == set(FactName)
    assert [one.name for one in told_to_host] == [fact.name for fact in facts]
    for one in told_to_host:
        event = json.loads(one.body)
        assert event["type"] == f"concernhub.fact.{one.name}.v1"
        assert (event["id"], event["source"]) == (one.id, HUB)
        assert (event["subject"], event["concernid"]) == ("concern/c-1", "c-1")
        assert isinstance(SAYS[one.name].model_validate(event["data"]), SAYS[one.name])
        assert event["time"].endswith("Z")


def test_M021_no_fact_has_room_for_words_or_classes_or_an_address_or_a_ground() -> None:
    whole = b"".join(one.body for one in tell(every_fact(), [reader(Role.HOST_AUTHORITY)], HUB))

    secrets = (b"duty@surrey", b"their words", b"Jo Bell", b"Duty manager", b"danger", b"the key")
    for secret in (*secrets, b"Rosewood", b"themes", b"reason", b"01632"):
        assert secret not in whole, secret
    for model in SAYS.values():
        assert not {"reason", "says", "detail", "text", "info", "classes"} & set(model.model_fields)
        with pytest.raises(ValidationError):
            model.model_validate({"words": "more than it has room for"})


def test_the_same_fact_has_the_same_bytes_and_another_id_for_another_reader() -> None:
    mine, theirs = reader(Role.HOST_AUTHORITY), reader(Role.HOST_AUTHORITY, publisher="them")

    facts = every_fact()
    once, again = (tell(facts, readers, HUB) for readers in ([theirs, mine], [mine, theirs]))

    assert once == again
    assert len({one.id for one in once}) == len(once)
    assert [one.subscriber for one in once[:2]] == ["me", "them"]


def test_an_event_is_named_only_to_whoever_published_it() -> None:
    fact = every_fact()[0]
    readers = [
        reader(Role.HOST_AUTHORITY, publisher="a", source=SOURCE),
        reader(Role.HOST_AUTHORITY, publisher="b"),
    ]

    events = [json.loads(one.body)["data"]["event"] for one in tell([fact], readers, HUB)]

    assert events == ["opened-1", None]


def test_B04_a_rung_is_told_when_the_evidence_changes_it_and_not_otherwise() -> None:
    steps = [
        (receipt(0, rung=Rung.SUBMITTED), (Rung.QUEUED, Rung.SUBMITTED)),
        (receipt(1, rung=Rung.RELAYED), (Rung.SUBMITTED, Rung.RELAYED)),
        (receipt(2, rung=Rung.SUBMITTED), None),
        (receipt(3, rung=Rung.DELIVERED, fenced=True), None),
        (receipt(20, setback=Setback.LATE_FAILURE), (Rung.RELAYED, Rung.QUEUED)),
    ]
    found = []
    for count in range(1, len(steps) + 1):
        receipts = numbered(*(one for one, _ in steps[:count]))
        new = frozenset({count})
        fact = changed_rung(CONCERN, NOTICE, PLACING, receipts, new, AT)
        said = fact.says.model_dump() if fact else None
        found.append((said["before"], said["after"]) if said else None)

    assert found == [expected for _, expected in steps]


def test_B04_each_kind_of_setback_is_told_once_for_each_delivery() -> None:
    receipts = numbered(
        receipt(0, setback=Setback.DELAYED),
        receipt(1, setback=Setback.DELAYED),
        receipt(2, setback=Setback.DELAYED, delivery=DeliveryId("d-2")),
        receipt(3, setback=Setback.FAILED),
        receipt(4, setback=Setback.REFUSED, fenced=True),
    )

    facts = [*new_setbacks(CONCERN, NOTICE, PLACING, receipts, frozenset({2, 3, 4, 5}), AT)]

    said = [(f.says.model_dump()["delivery"], f.says.model_dump()["setback"]) for f in facts]
    assert said == [("d-2", Setback.DELAYED), ("d-1", Setback.FAILED)]


def test_M021_a_hold_that_stands_is_told_once_and_its_release_once() -> None:
    provider = Party(agency=OTHER, role=Role.PROVIDER)
    one, two = (provider, HoldKind.H1), (provider, HoldKind.H2)

    facts = hold_facts(
        CONCERN, 5, frozenset({one}), frozenset({two}), {two: frozenset({SOURCE})}, AT
    )

    assert [(f.name, f.says.model_dump()["kind"], f.placed_by) for f in facts] == [
        (FactName.HOLD_RELEASED, HoldKind.H1, frozenset()),
        (FactName.HOLD_PLACED, HoldKind.H2, frozenset({SOURCE})),
    ]


def test_an_obligation_is_told_by_its_kind_and_its_time() -> None:
    owed = obligation_of(CONCERN, kind=ObligationKind.PERSON)

    (said,) = tell(
        [obliged(FactName.OBLIGATION_OVERDUE, owed, AT)], [reader(Role.HOST_AUTHORITY)], HUB
    )

    data = json.loads(said.body)["data"]
    assert (data["obligation"], data["kind"]) == (owed.id, "a person must look")
