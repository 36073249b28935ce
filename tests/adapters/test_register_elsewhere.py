"""Two concerns about one provider, on every register: what one holds, the other does not send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import text

from hub.adapters.memory import SequentialMint
from hub.adapters.register.sql import SqlRegister
from hub.compose import Sender
from hub.decision import Hold, Notify
from hub.directory import Directory
from hub.intake.taking import take_in
from hub.notice import Leased
from hub.plan import Tools
from hub.ports import Received
from hub.vocabulary import AgencyId, ConcernId, HoldKind, InfoClass, Lane, Role
from tests.adapters.by_hand import look, meddle
from tests.core.packs import directory, pack, words
from tests.flow.intake_scene import document

PROVIDER: Final = AgencyId("cqc:1-1000000001")
SOON: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)


class Two:
    """The hub's intake over a register, with a word for each thing a case system says."""

    def __init__(self, register: SqlRegister) -> None:
        self.register = register
        self._mint = SequentialMint()
        self._number = 0

    async def says(self, name: str, concern: int, **data: Any) -> None:  # noqa: ANN401 - of any field
        """One event about the n-th concern is taken in."""
        await self.say((name, concern, data))

    async def say(self, *some: tuple[str, int, dict[str, Any]]) -> None:
        """Several events are taken in, in one batch."""
        took = await take_in(
            self.register, self._tools, lambda: ("west-sussex",), [self._message(*s) for s in some]
        )
        assert [one.faults for one in took] == [() for _ in some]

    async def last(self, concern: int) -> Notify | Hold:
        """Return the newest decision of a concern about its provider that tells or holds."""
        record = await self.register.concern(number(concern))
        assert record is not None
        mine = [d for d in record.decisions if d.party.role is Role.PROVIDER]
        return [d for d in mine if isinstance(d, Notify | Hold)][-1]

    async def leased(self) -> list[Leased]:
        """Lease all that is due, and return what goes to the provider."""
        found = await self.register.lease(
            Lane.STANDARD, limit=500, lease_for=MINUTE, worker="a worker"
        )
        return [each for each in found if each.delivery.party.role is Role.PROVIDER]

    def _message(self, name: str, concern: int, data: dict[str, Any]) -> Received:
        self._number += 1
        whole = document("concern-opened", concern)
        now = datetime.now(UTC)
        whole |= {
            "id": f"{name}-{self._number}",
            "type": f"concernhub.{name}.v1",
            "time": now.isoformat(),
            "data": whole["data"] if name == "concern.opened" else data,
        }
        return Received(
            tag=1,
            body=json.dumps(whole).encode(),
            content_type="application/cloudevents+json",
            headers={},
            user_id="wscc",
            routing_key="wscc.event",
            delivery_count=0,
            received=now,
        )

    def _tools(self, partnership: str, now: Directory) -> Tools | None:
        assert partnership == "west-sussex"
        return Tools(pack=pack(), directory=now, words=words(), sender=SENDER, mint=self._mint)


SENDER: Final = Sender(
    from_name="West Sussex Safeguarding",
    from_address="hub@hub.westsussex.example",
    message_id_domain="hub.westsussex.example",
    public_url="https://hub.westsussex.example",
    source="https://hub.westsussex.example",
)
NO_CRIME: Final[dict[str, Any]] = {
    "status": "none suspected",
    "declared_by": "Amara Okafor",
    "reason": "a matter of staffing",
}


def number(concern: int) -> ConcernId:
    return ConcernId(f"019ac1d2-7400-7000-8000-0000000c{concern:04}")


def advice(what: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    held = {"review_due": (now + timedelta(days=3)).isoformat()} if what == "hold" else {}
    return {
        "advice": what,
        "officer": "DS Nair",
        "log_number": "SXP-1",
        "advised_at": now.isoformat(),
        "recorded_by": "Amara Okafor",
        **held,
    }


def agreement() -> dict[str, Any]:
    return {
        "disclosure_id": "d-1",
        "party": PROVIDER,
        "role": "provider",
        "info": "process",
        "condition": "safeguarding",
        "basis": "dpa-2018-part-3",
        "authority": "gss:E23000033",
        "authorised_by": {"name": "DI Shah", "role": "Detective Inspector"},
        "decided_at": datetime.now(UTC).isoformat(),
        "reason": "the other enquiry is not put at risk by it",
    }


def hold_of_the_themes() -> dict[str, Any]:
    return {
        "hold_id": "themes-1",
        "kind": "H3",
        "party": PROVIDER,
        "role": "provider",
        "classes": [InfoClass.THEMES.value],
        "placed_by": {"name": "Amara Okafor", "role": "Lead Enquiry Officer"},
        "reason": "two of those named are still to be heard",
        "review_due": (datetime.now(UTC) + timedelta(days=3)).isoformat(),
        "conditions_for_release": "when they have been heard",
    }


@pytest.fixture
async def two(register: SqlRegister) -> Two:
    await register.seed(directory())
    return Two(register)


async def test_M072_a_second_concern_holds_what_the_police_hold_on_the_first(two: Two) -> None:
    await two.says("concern.opened", 1)
    await two.says("police.advice.recorded", 1, **advice("hold"))

    await two.says("concern.opened", 2)
    await two.says("criminal.status.declared", 2, **NO_CRIME)

    last = await two.last(2)
    assert isinstance(last, Hold)
    assert {held.reason.rule for held in last.held} <= {"W1", "W10"}
    assert await two.leased() == []
    record = await two.register.concern(number(2))
    assert record is not None
    assert record.concern.held_elsewhere
    assert [other.concern for other in record.concern.elsewhere] == [number(1)]


async def test_M072_two_concerns_that_come_in_one_batch_know_of_each_other(two: Two) -> None:
    await two.say(
        ("concern.opened", 1, {}),
        ("police.advice.recorded", 1, advice("hold")),
        ("concern.opened", 2, {}),
        ("criminal.status.declared", 2, NO_CRIME),
    )

    assert isinstance(await two.last(2), Hold)
    assert await two.leased() == []


async def test_M072_a_hold_placed_on_one_concern_stops_what_the_other_is_about_to_send(
    two: Two,
) -> None:
    await two.says("concern.opened", 1)
    await two.says("criminal.status.declared", 1, **NO_CRIME)
    await two.says("concern.opened", 2)
    await two.says("criminal.status.declared", 2, **NO_CRIME)
    in_hand = await two.leased()
    assert {one.delivery.concern for one in in_hand} == {number(1), number(2)}
    assert (await two.register.last_look(in_hand)).stopped == {}

    await two.says("criminal.status.declared", 1, status="crime suspected", declared_by="DS Nair")

    held = (await two.register.last_look(in_hand)).stopped
    theirs = {one.delivery.id: one.delivery.concern for one in in_hand}
    assert {theirs[delivery] for delivery in held} == {number(1), number(2)}
    of_the_second = [hold for key, hold in held.items() if theirs[key] == number(2)]
    assert {hold.kind for hold in of_the_second if hold} == {HoldKind.H1}
    assert {hold.reason for hold in of_the_second if hold} == {
        "another concern about this provider is held from it"
    }


async def test_M072_a_concern_that_holds_one_class_itself_still_tells_its_provider_the_others(
    two: Two,
) -> None:
    await two.says("concern.opened", 1)
    await two.says("hold.placed", 1, **hold_of_the_themes())
    await two.says("criminal.status.declared", 1, **NO_CRIME)
    in_hand = await two.leased()
    assert [InfoClass.THEMES in one.delivery.classes for one in in_hand] == [False]
    assert await look(two.register, "SELECT 1 FROM concern WHERE provider_held_since IS NOT NULL")

    assert (await two.register.last_look(in_hand)).stopped == {}


async def test_M072_what_the_police_agree_at_the_very_moment_of_the_other_hold_goes_out(
    two: Two,
) -> None:
    await two.says("concern.opened", 1)
    await two.says("concern.opened", 2)
    await two.says("criminal.status.declared", 2, **NO_CRIME)
    await two.says("disclosure.authorised", 2, **agreement())
    in_hand = await two.leased()
    await two.says("police.advice.recorded", 1, **advice("hold"))
    assert (await two.register.last_look(in_hand)).stopped

    # Whoever plans counts what was agreed at that moment as agreed after it, and so does the look.
    first, second = number(1), number(2)
    await meddle(
        two.register,
        "UPDATE concern SET provider_cleared_at = "
        "(SELECT provider_held_since FROM concern WHERE id = :first) WHERE id = :second",
        first=first,
        second=second,
    )

    assert (await two.register.last_look(in_hand)).stopped == {}


async def test_M072_the_police_agree_for_this_concern_and_it_goes_out_the_other_stays_held(
    two: Two,
) -> None:
    await two.says("concern.opened", 1)
    await two.says("police.advice.recorded", 1, **advice("hold"))
    await two.says("concern.opened", 2)
    await two.says("criminal.status.declared", 2, **NO_CRIME)

    await two.says("disclosure.authorised", 2, **agreement())

    assert isinstance(await two.last(2), Notify)
    assert isinstance(await two.last(1), Hold)
    in_hand = await two.leased()
    assert {one.delivery.concern for one in in_hand} == {number(2)}
    assert (await two.register.last_look(in_hand)).stopped == {}


async def test_M072_a_new_hold_on_the_first_is_not_covered_by_what_was_agreed_before(
    two: Two,
) -> None:
    await two.says("concern.opened", 1)
    await two.says("concern.opened", 2)
    await two.says("criminal.status.declared", 2, **NO_CRIME)
    await two.says("disclosure.authorised", 2, **agreement())
    in_hand = await two.leased()
    assert (await two.register.last_look(in_hand)).stopped == {}

    await two.says("police.advice.recorded", 1, **advice("hold"))

    held = (await two.register.last_look(in_hand)).stopped
    assert set(held) == {one.delivery.id for one in in_hand if one.delivery.concern == number(2)}


async def test_M072_once_the_first_is_free_the_second_tells_at_its_next_event(two: Two) -> None:
    await two.says("concern.opened", 1)
    await two.says("police.advice.recorded", 1, **advice("hold"))
    await two.says("concern.opened", 2)
    await two.says("criminal.status.declared", 2, **NO_CRIME)
    await two.says("police.advice.recorded", 1, **advice("release"))

    await two.says("criminal.status.declared", 2, **NO_CRIME)

    last = await two.last(2)
    assert isinstance(last, Notify)
    assert last.notice == "provider-informed"


async def test_M072_another_provider_is_not_held_by_what_is_held_from_this_one(two: Two) -> None:
    await two.says("concern.opened", 1)
    await two.says("criminal.status.declared", 1, **NO_CRIME)
    async with two.register.entry() as entry:
        holding = await entry.holding([PROVIDER, AgencyId("cqc:1-1000000009")], 5)

    assert holding == {}
    assert isinstance(await two.last(1), Notify)


async def test_M072_a_register_from_before_knows_its_providers_and_what_is_held_from_them(
    two: Two,
) -> None:
    await two.says("concern.opened", 1)
    await two.says("police.advice.recorded", 1, **advice("hold"))
    before = await look(two.register, "SELECT provider, provider_held_since FROM concern")
    await meddle(two.register, "UPDATE concern SET provider = NULL, provider_held_since = NULL")

    async with two.register._database.writing("by hand") as wire:
        for statement in backfill(two.register):
            await wire.run(text(statement))

    after = await look(two.register, "SELECT provider, provider_held_since FROM concern")
    assert [row[0] for row in after] == [row[0] for row in before] == [PROVIDER]
    assert after[0][1] is not None


def backfill(register: SqlRegister) -> tuple[str, str]:
    """Return the statements by which the migration fills in what older rows lack."""
    name = "hub.adapters.register.migrations.versions.0004_provider"
    migration = __import__(name, fromlist=["PROVIDER"])
    dialect = register._database.engine.dialect.name
    return migration.PROVIDER[dialect], migration.HELD
