"""Releases that were asked for, on every register: decided once, never by time (semantics 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.leaf import leaf
from hub.ports.releasing import STANDS_FOR, AskedRelease, Asker, Became, Decided
from hub.vocabulary import ConcernId, HoldId, InfoClass
from tests.builders import LONG_AGO

CONCERN = ConcernId("c-1")
ASKED = AskedRelease(
    id="r-1",
    concern=CONCERN,
    hold=HoldId("H-1"),
    classes=frozenset({InfoClass.PROCESS, InfoClass.PLACED_ADULT}),
    reason="The adult has been moved",
    by=Asker(id="leo-1", name="Amara Okafor", post="lead enquiry officer"),
    at=LONG_AGO,
)
CHAIR = Asker(id="chair-1", name="Helen Marsh", post="chair")
NOTE = leaf("release.asked", LONG_AGO, CONCERN, request="r-1")
NO = Decided(by=CHAIR, at=LONG_AGO, became=Became.REFUSED, reason="Not yet")
YES = Decided(by=CHAIR, at=LONG_AGO, became=Became.AGREED)


async def test_a_hold_has_one_pending_release_and_a_new_one_once_its_time_has_run_out(
    register: SqlRegister,
) -> None:
    again = replace(ASKED, id="r-2", at=LONG_AGO + STANDS_FOR)
    almost = again.at - timedelta(seconds=1)

    assert await register.ask_release(ASKED, LONG_AGO, NOTE)
    assert not await register.ask_release(replace(again, at=almost), almost, NOTE)
    assert await register.ask_release(again, again.at, NOTE)

    assert await register.releases_asked([CONCERN]) == (again, ASKED)
    assert await register.releases_asked([ConcernId("c-2")]) == ()
    assert await register.releases_asked([]) == ()


async def test_what_is_decided_never_changes_again(register: SqlRegister) -> None:
    await register.ask_release(ASKED, LONG_AGO, NOTE)

    assert await register.refuse_release(ASKED, NO, NOTE)
    assert not await register.refuse_release(ASKED, replace(NO, reason="Other"), NOTE)
    async with register.entry() as entry:
        assert not await entry.agree_release(ASKED, YES)

    assert await register.releases_asked([CONCERN]) == (replace(ASKED, decided=NO),)


async def test_an_agreement_is_written_with_its_transaction_or_not_at_all(
    register: SqlRegister,
) -> None:
    await register.ask_release(ASKED, LONG_AGO, NOTE)

    async def fails_after_agreeing() -> None:
        async with register.entry() as entry:
            assert await entry.agree_release(ASKED, YES)
            raise LookupError

    with pytest.raises(LookupError):
        await fails_after_agreeing()
    (before,) = await register.releases_asked([CONCERN])
    async with register.entry() as entry:
        assert await entry.agree_release(ASKED, YES)

    assert before.decided is None
    assert await register.releases_asked([CONCERN]) == (replace(ASKED, decided=YES),)


async def test_what_is_left_out_and_the_hash_of_the_rest_are_kept_with_the_request(
    register: SqlRegister,
) -> None:
    amended = replace(ASKED, left_out=frozenset({"risk_level", "themes_plain"}), sha256="a" * 64)

    assert await register.ask_release(amended, LONG_AGO, NOTE)
    assert await register.refuse_release(amended, NO, NOTE)

    assert await register.releases_asked([CONCERN]) == (replace(amended, decided=NO),)
