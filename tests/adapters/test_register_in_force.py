"""The register's contract: what is in force is on record once, with its leaf in the log."""

from __future__ import annotations

import asyncio

from hub.adapters.register.sql import SqlRegister
from hub.leaf import Leaf, leaf
from tests.adapters.by_hand import look
from tests.adapters.conftest import Registers
from tests.builders import LONG_AGO


def _said(previous: str) -> Leaf:
    return leaf("policy.pack.activated", LONG_AGO, hash="new", previous=previous)


async def _leaves(register: SqlRegister) -> list[bytes]:
    rows = await look(register, "SELECT data FROM audit_leaf WHERE kind = 'policy.pack.activated'")
    return [row[0] for row in rows if isinstance(row[0], bytes)]


async def test_what_is_in_force_is_said_once_and_names_what_it_follows(
    register: SqlRegister,
) -> None:
    assert await register.in_force("policy west-sussex") is None

    assert await register.put_in_force("policy west-sussex", "a", _said)
    assert not await register.put_in_force("policy west-sussex", "a", _said)
    assert await register.put_in_force("policy west-sussex", "b", _said)
    assert await register.put_in_force("policy west-sussex", "a", _said)

    assert await register.in_force("policy west-sussex") == "a"
    previous = [data.split(b'"previous":"')[1][:1] for data in await _leaves(register)]
    assert previous == [b'"', b"a", b"b"]


async def test_one_subject_says_nothing_of_another(register: SqlRegister) -> None:
    await register.put_in_force("policy west-sussex", "a", _said)

    assert await register.put_in_force("policy wales", "a", _said)
    assert await register.put_in_force("proof", "x", lambda _: None)

    assert len(await _leaves(register)) == 2


async def test_of_many_processes_that_say_the_same_at_once_one_writes_the_leaf(
    postgres_registers: Registers,
) -> None:
    many = [await postgres_registers.open() for _ in range(4)]

    first = await asyncio.gather(*(r.put_in_force("policy wales", "a", _said) for r in many))
    second = await asyncio.gather(*(r.put_in_force("policy wales", "b", _said) for r in many))

    assert (sum(first), sum(second)) == (1, 1)
    assert len(await _leaves(many[0])) == 2
