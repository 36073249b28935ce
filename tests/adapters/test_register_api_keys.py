"""The register's contract: keys are kept by their hash alone; one answer for one request."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.access import Post
from hub.adapters.register.api_keys import answered_once
from hub.adapters.register.sql import SqlRegister
from hub.ports.answered_once import ABANDONED, KEPT, Once, SaidBefore, Turned
from hub.ports.keys import ApiKey, Scope, TooManyKeys, hash_of
from hub.vocabulary import AgencyId
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import fresh

DAY: Final = timedelta(days=1)
ONCE: Final = Once(caller="key:surrey", key="k-1", digest="d" * 64)
SAID: Final = SaidBefore(status=201, body=b'{"done": true}')


async def a_key(register: SqlRegister, holder: str = "surrey", **changes: object) -> ApiKey:
    async with register._database.reading() as wire:
        now = await register._database.now(wire)
    key = ApiKey(
        id=fresh("key"),
        holder=holder,
        name="Owen Price",
        post=Post.AGENCY,
        agency=AgencyId("gss:E10000030"),
        scopes=frozenset({Scope.READS, Scope.ANSWERS}),
        made=now,
        expires=now + DAY,
    )
    return replace(key, **changes)  # type: ignore[arg-type]


async def added(register: SqlRegister, key: ApiKey) -> str:
    hashed = hash_of(f"hubk_{key.id}")
    await register.add_key(key, hashed, "amara.okafor")
    return hashed


async def test_a_key_is_found_by_its_hash_and_comes_back_as_it_was(register: SqlRegister) -> None:
    key = await a_key(register)

    hashed = await added(register, key)

    assert await register.key_of(hashed) == key
    assert await register.key_of(hash_of("hubk_another")) is None
    assert await register.keys() == (key,)
    kept = await look(register, "SELECT * FROM api_key")
    assert f"hubk_{key.id}" not in repr(kept)


async def test_a_holder_has_two_live_keys_at_most_and_another_has_its_own(
    register: SqlRegister,
) -> None:
    first, second = await a_key(register), await a_key(register)
    await added(register, first)
    await added(register, second)

    with pytest.raises(TooManyKeys):
        await added(register, await a_key(register))
    await added(register, await a_key(register, "essex"))

    assert await register.end_key(first.id, "amara.okafor")
    await added(register, await a_key(register))
    assert len(await register.keys()) == 4


async def test_of_many_that_make_a_key_for_one_holder_at_once_two_succeed(
    registers: Registers,
) -> None:
    register = await registers.open()
    keys = [await a_key(register) for _ in range(6)]

    made = await asyncio.gather(*(added(register, one) for one in keys), return_exceptions=True)

    assert sum(isinstance(one, str) for one in made) == 2
    assert all(isinstance(one, str | TooManyKeys) for one in made)


async def test_a_key_that_has_ended_stays_known_and_does_not_end_again(
    register: SqlRegister,
) -> None:
    key = await a_key(register)
    hashed = await added(register, key)

    assert await register.end_key(key.id, "amara.okafor")
    assert not await register.end_key(key.id, "amara.okafor")
    assert not await register.end_key("nothing", "amara.okafor")

    known = await register.key_of(hashed)
    assert known is not None
    assert known.ended is not None
    assert not known.live(known.ended)
    assert key.live(key.expires - timedelta(microseconds=1))
    assert not key.live(key.expires)


async def test_who_made_and_ended_a_key_is_in_the_log(register: SqlRegister) -> None:
    key = await a_key(register)
    await added(register, key)
    await register.end_key(key.id, "helen.marsh")

    rows = await look(register, "SELECT kind, data FROM audit_leaf ORDER BY seq")
    (made, said), (ended, of_end) = [(kind, bytes(data).decode()) for kind, data in rows]  # type: ignore[call-overload]

    assert (made, ended) == ("key.made", "key.ended")
    assert '"by":"amara.okafor"' in said
    assert '"by":"helen.marsh"' in of_end
    assert "Owen" not in said + of_end


async def test_the_first_request_is_carried_out_and_the_same_again_is_answered_the_same(
    register: SqlRegister,
) -> None:
    assert await register.begin_once(ONCE) is None
    assert await register.begin_once(ONCE) is Turned.BUSY
    await register.end_once(ONCE, SAID)

    assert await register.begin_once(ONCE) == SAID
    assert await register.begin_once(replace(ONCE, digest="e" * 64)) is Turned.OTHER
    assert await register.begin_once(replace(ONCE, caller="key:essex")) is None
    assert await register.begin_once(replace(ONCE, key="k-2")) is None


async def test_what_was_not_done_may_be_tried_again_and_what_was_answered_stays(
    register: SqlRegister,
) -> None:
    await register.begin_once(ONCE)
    await register.end_once(ONCE, None)
    assert await register.begin_once(ONCE) is None

    await register.end_once(ONCE, SAID)
    await register.end_once(ONCE, None)

    assert await register.begin_once(ONCE) == SAID


@pytest.mark.parametrize(
    ("age", "found"), [(ABANDONED * 2, None), (KEPT - ABANDONED, SAID), (KEPT + ABANDONED, None)]
)
async def test_an_answer_is_kept_for_a_day_and_an_abandoned_request_for_a_minute(
    age: timedelta, found: SaidBefore | None, register: SqlRegister
) -> None:
    await register.begin_once(ONCE)
    if age > 2 * ABANDONED:
        await register.end_once(ONCE, SAID)
    async with register._database.writing("put back") as wire:
        now = await register._database.now(wire)
        await wire.run(answered_once.update().values(begun=now - age))

    assert await register.begin_once(ONCE) == found
