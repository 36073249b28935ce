"""PostgreSQL under TLS, in the words of its own tools: verified, or nothing is said to it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from hub.adapters.register import open_register
from hub.adapters.register.opening import migrate
from hub.adapters.register.server_url import covered
from hub.ports import RegisterAway, RegisterRefused
from tests.servers.papers import Papers, papers
from tests.servers.postgres import PostgresCluster

KNOWN = "server"
"""The name in the certificate, and a role of PostgreSQL."""


@pytest.fixture
def cluster(covered_postgres: PostgresCluster) -> PostgresCluster:
    return covered_postgres


@pytest.fixture
def made(cluster: PostgresCluster) -> Papers:
    assert cluster.papers is not None
    return cluster.papers


@pytest.fixture
def stranger(tmp_path: Path) -> Papers:
    return papers(tmp_path, "127.0.0.1")


def url(cluster: PostgresCluster, words: str, *, host: str = "127.0.0.1", role: str = "") -> str:
    where = make_url(f"{cluster.url}?{words}").set(host=host)
    return (where.set(username=role) if role else where).render_as_string(hide_password=False)


async def connections(cluster: PostgresCluster) -> list[dict[str, Any]]:
    """Return of each connection but ours who has it, and how it is covered."""
    mine = await asyncpg.connect(cluster.url.replace("+asyncpg", ""))
    try:
        rows = await mine.fetch(
            "SELECT ssl, version, usename FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
            "WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        )
    finally:
        await mine.close()
    return [dict(row) for row in rows]


@pytest.mark.parametrize("word", ["sslmode", "ssl"])
async def test_every_connection_to_a_server_that_is_verified_is_covered(
    word: str, cluster: PostgresCluster, made: Papers
) -> None:
    where = url(cluster, f"{word}=verify-full&sslrootcert={made.authority}")
    await migrate(where)

    register = await open_register(where)
    try:
        assert await register.next_due() is None
        async with register.relaying() as mine:
            found = await connections(cluster)
    finally:
        await register.close()

    assert mine
    assert found
    assert all(each["ssl"] and each["version"] in {"TLSv1.2", "TLSv1.3"} for each in found)


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
async def test_a_server_that_another_authority_vouches_for_is_told_nothing(
    mode: str, cluster: PostgresCluster, stranger: Papers
) -> None:
    with pytest.raises(RegisterAway, match="SSLCertVerificationError"):
        await migrate(url(cluster, f"sslmode={mode}&sslrootcert={stranger.authority}"))


@pytest.mark.parametrize("authority", ["", "&sslrootcert=system"])
async def test_without_an_authority_of_ones_own_the_systems_are_trusted(
    authority: str, cluster: PostgresCluster
) -> None:
    with pytest.raises(RegisterAway, match="SSLCertVerificationError"):
        await migrate(url(cluster, f"sslmode=verify-full{authority}"))


async def test_a_certificate_of_another_name_is_enough_for_verify_ca_alone(
    cluster: PostgresCluster, made: Papers
) -> None:
    trusted = f"sslrootcert={made.authority}"

    with pytest.raises(RegisterAway, match="SSLCertVerificationError"):
        await migrate(url(cluster, f"sslmode=verify-full&{trusted}", host="localhost"))

    await migrate(url(cluster, f"sslmode=verify-ca&{trusted}", host="localhost"))


async def test_the_hub_signs_in_by_its_certificate(cluster: PostgresCluster, made: Papers) -> None:
    server = await asyncpg.connect(cluster.url.replace("+asyncpg", ""))
    await server.execute(f'CREATE ROLE "{KNOWN}" LOGIN SUPERUSER')
    await server.close()
    trusted = f"sslmode=verify-full&sslrootcert={made.authority}"

    with pytest.raises(RegisterAway):
        await migrate(url(cluster, trusted, role=KNOWN))

    where = url(cluster, f"{trusted}&sslcert={made.chain}&sslkey={made.chain}", role=KNOWN)
    await migrate(where)
    register = await open_register(where)
    await register.next_due()
    found = await connections(cluster)
    await register.close()
    assert {each["usename"] for each in found} == {KNOWN}


async def test_plain_is_refused_by_a_server_that_takes_tls_alone(cluster: PostgresCluster) -> None:
    with pytest.raises(RegisterAway):
        await migrate(url(cluster, "sslmode=disable"))


@pytest.mark.parametrize("words", ["sslrootcert=/nowhere.pem", f"sslrootcert={__file__}"])
async def test_a_file_that_is_none_is_said_before_anything_is_connected_to(words: str) -> None:
    where = f"postgresql+asyncpg://hub:s3cret@127.0.0.1:1/hub?sslmode=verify-full&{words}"

    with pytest.raises(RegisterRefused, match="sslrootcert cannot be used") as refused:
        await migrate(where)

    assert "s3cret" not in str(refused.value)


def test_every_fault_of_its_words_is_named_at_once() -> None:
    words = "sslmode=yes&ssl=on&sslcert=/a&sslnegotiation=direct"

    with pytest.raises(RegisterRefused) as refused:
        covered(make_url(f"postgresql+asyncpg://hub:s3cret@db/hub?{words}"))

    for name in ("`sslmode` must", "`ssl` must", "one of them", "`sslcert` needs", "`sslnegoti"):
        assert name in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_what_verifies_nobody_is_left_to_the_driver(mode: str) -> None:
    where, cover = covered(make_url(f"postgresql+asyncpg://hub@db/hub?host=a:1&sslmode={mode}"))

    assert cover == {"ssl": mode}
    assert dict(where.query) == {"host": "a:1"}


async def test_many_ask_at_once_under_tls(cluster: PostgresCluster, made: Papers) -> None:
    where = url(cluster, f"sslmode=verify-full&sslrootcert={made.authority}")
    await migrate(where)
    register = await open_register(where)
    try:
        async with asyncio.timeout(60):
            found = await asyncio.gather(*(register.next_due() for _ in range(60)))
    finally:
        await register.close()

    assert found == [None] * 60
