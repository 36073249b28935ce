"""Whoever is found late is given its history from the register, over as many batches as it took."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.concern import Party
from hub.vocabulary import AgencyId, Role
from tests.flow.intake_scene import CONCERN, IntakeScene, body_of, document, scene

SURREY = Party(agency=AgencyId("gss:E10000030"), role=Role.PLACING_AUTHORITY)


@pytest.fixture
async def hub() -> AsyncIterator[IntakeScene]:
    async with scene() as made:
        yield made


def _said(name: str, number: int, **data: Any) -> bytes:  # noqa: ANN401 - of any event
    whole = document("concern-opened")
    return body_of(
        "concern-opened",
        id=f"{whole['id']}-late-{number}",
        type=f"concernhub.{name}.v1",
        data=data,
    )


def _found(number: int, *adults: str) -> bytes:
    line = {
        "commissioner": SURREY.agency,
        "adults": list(adults),
        "source": "provider list",
        "verified_on": "2027-04-15",
    }
    return _said("placement.register.amended", number, added=[line], reason="found late")


def _lead(number: int, agency: str) -> bytes:
    kind = "la" if agency.startswith("gss:") else "icb"
    return _said("lead.agency.set", number, agency=agency, kind=kind)


async def _told(hub: IntakeScene) -> list[str]:
    """Return which notices Surrey has, oldest first."""
    record = await hub.register.concern(CONCERN)
    assert record is not None
    return [n.notice.template for n in record.notices if n.notice.party == SURREY]


async def test_M026_S5_what_others_were_told_in_earlier_batches_is_told_late_and_once(
    hub: IntakeScene,
) -> None:
    await hub.takes(body_of("concern-opened"))
    await hub.takes(_lead(1, "ods:QNX"))
    await hub.takes(_lead(2, "gss:E10000032"))

    await hub.takes(_found(3, "SCC-1"))
    first = await _told(hub)
    await hub.takes(_found(4, "SCC-1"))

    assert first == ["placing-authority-alert", "lead-agency-set", "lead-agency-set"]
    assert await _told(hub) == first


async def test_M026_in_one_batch_and_in_many_the_same_is_told_late(hub: IntakeScene) -> None:
    bodies = [body_of("concern-opened"), _lead(1, "gss:E10000032"), _found(2, "SCC-1")]

    await hub.takes(*bodies)
    async with scene() as other:
        for body in bodies:
            await other.takes(body)
        assert await other.verdicts() == await hub.verdicts()
        assert await _told(other) == await _told(hub)

    assert await _told(hub) == ["placing-authority-alert", "lead-agency-set"]
