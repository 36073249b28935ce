"""How PostgreSQL keeps what is long: by LZ4 where it can, and read back byte for byte."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

from hub.adapters.register.sql import SqlRegister
from tests.adapters.by_hand import look, meddle
from tests.adapters.conftest import Registers
from tests.adapters.test_register_queue import lease, write
from tests.builders import opened, telling

_CAN: Final = (
    "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
)
_HOW: Final = "SELECT pg_column_compression(bytes) FROM body WHERE id LIKE 'delivery:%' ORDER BY id"


LONG: Final = b"The quick brown fox jumps over the lazy dog.\r\n" * 400


async def write_long(register: SqlRegister) -> None:
    event = opened()
    page = telling(event)
    long = replace(page.deliveries[0], body=LONG, sha256=sha256(LONG).hexdigest())
    await write(register, event, replace(page, deliveries=(long,)))


async def test_long_bodies_are_compressed_the_cheaper_way_and_come_back_as_they_were(
    postgres_registers: Registers,
) -> None:
    register = await postgres_registers.open()
    await write_long(register)

    ((can,),) = await look(register, _CAN)
    (leased,) = await lease(register)

    assert await look(register, _HOW) == [("lz4" if can else "pglz",)]
    assert leased.delivery.body == LONG


async def test_what_was_compressed_the_other_way_is_read_as_ever(
    postgres_registers: Registers,
) -> None:
    register = await postgres_registers.open()
    await meddle(register, "ALTER TABLE body ALTER COLUMN bytes SET COMPRESSION pglz")
    await write_long(register)

    (leased,) = await lease(register)

    assert await look(register, _HOW) == [("pglz",)]
    assert leased.delivery.body == LONG
