"""Keys of the API: made once and shown once, narrower than a post, ended by a command."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.access import BY_KEY, Official, Post
from hub.cli import app
from hub.ports.keys import ApiKey, Scope, hash_of
from hub.vocabulary import AgencyId
from tests.builders import fresh
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    HOST,
    LEO,
    START,
    TO_THE_END,
    Rosewood,
    body_of,
    rosewood,
    served,
)

ATTESTATION = f"/v1/concerns/{CONCERN}/attestation"
EVERY = frozenset(Scope)


async def key_for(
    story: Rosewood,
    person: Official,
    scopes: frozenset[Scope] = EVERY,
    **changes: Any,  # noqa: ANN401 - of ApiKey
) -> dict[str, str]:
    """Return the header of a new key that acts as this person."""
    opaque = fresh("hubk_")
    key = ApiKey(
        id=fresh("key"),
        holder=person.id,
        name=person.name,
        post=person.post,
        agency=person.agency,
        scopes=scopes,
        made=START,
        expires=START + timedelta(days=90),
    )
    await story.register.add_key(replace(key, **changes), hash_of(opaque), "test")
    return {"Authorization": f"Bearer {opaque}"}


async def test_a_key_of_a_leo_confirms_closure_where_nobody_can_sign_in() -> None:
    async with rosewood(*TO_THE_END) as story, served(story, sign_in=None) as browser:
        await story.acknowledge()
        bearer = await key_for(story, LEO)

        async with browser.post(ATTESTATION, headers=bearer) as got:
            assert got.status == 201, await got.text()

        made = (await story.record()).attestation
        assert made is not None
        assert made.by == LEO.name
        assert any("by a program, with a key" in flag for flag in made.flags)


async def test_a_key_may_do_no_more_than_its_scopes_and_its_post() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        reads = await key_for(story, LEO, frozenset({Scope.READS, Scope.ANSWERS}))
        agency = await key_for(story, Official(id="a", name="A", post=Post.AGENCY, agency=HOST))
        elsewhere = await key_for(story, replace(LEO, id="b", agency=AgencyId("gss:E10000030")))
        chair = await key_for(story, CHAIR)

        found = []
        for bearer in (reads, agency, elsewhere, chair):
            async with browser.post(ATTESTATION, headers=bearer) as got:
                found.append(got.status)
                if bearer is reads:
                    assert 'error="insufficient_scope"' in got.headers["WWW-Authenticate"]

        assert found == [403, 404, 404, 403]
        assert (await story.record()).attestation is None


@pytest.mark.parametrize("how", ["ended", "expired", "unknown", "as a cookie", "another scheme"])
async def test_a_key_that_does_not_live_opens_nothing(how: str) -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        short = START + timedelta(seconds=1) if how == "expired" else START + timedelta(days=1)
        bearer = await key_for(story, LEO, expires=short)
        story.clock._now += timedelta(seconds=1)
        match how:
            case "ended":
                (key,) = await story.register.keys()
                assert await story.register.end_key(key.id, "amara.okafor")
            case "unknown":
                bearer = {"Authorization": "Bearer hubk_nothing"}
            case "as a cookie":
                bearer = {"Cookie": f"hub={bearer['Authorization'].partition(' ')[2]}"}
            case "another scheme":
                bearer = {"Authorization": bearer["Authorization"].replace("Bearer", "Basic")}
            case _:
                pass

        async with browser.post(ATTESTATION, headers=bearer) as got:
            said = await body_of(got)
            assert got.status == 401
            assert got.headers["WWW-Authenticate"] == "Bearer"
            assert got.content_type == "application/problem+json"

        assert said["title"] == "Unauthorized"


def test_the_next_key_of_a_holder_acts_as_the_same_and_never_as_an_account() -> None:
    key = ApiKey(
        id="1",
        holder="surrey",
        name="Owen Price",
        post=Post.AGENCY,
        agency=HOST,
        scopes=EVERY,
        made=START,
        expires=START,
    )

    assert key.official == replace(key, id="2", expires=START + timedelta(days=9)).official
    assert key.official.id.startswith(BY_KEY)


def test_a_key_is_made_and_shown_once_then_listed_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    run = CliRunner()
    seeded = ["--name", "Owen Price", "--post", "agency officer", "--scope", "reads"]
    missing = run.invoke(
        app, ["key", "make", "surrey", *seeded, "--agency", "gss:nowhere", "--by", "me"]
    )
    assert missing.exit_code != 0
    assert "gss:nowhere" in str(missing.exception)

    bad = ["key", "make", "two words", *seeded, "--agency", "x", "--by", "me"]
    assert "HOLDER" in str(run.invoke(app, bad).exception)
    none = run.invoke(app, ["key", "end", "nothing", "--by", "me"])
    assert none.exit_code != 0


async def test_the_commands_make_list_and_end_what_opens_the_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio  # noqa: PLC0415

    from hub.adapters.register import open_register  # noqa: PLC0415
    from hub.directory import Agency, Directory  # noqa: PLC0415

    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    url = f"sqlite+aiosqlite:///{tmp_path / 'register.db'}"
    monkeypatch.setenv("HUB_REGISTER_URL", url)
    register = await open_register(url)
    async with rosewood() as story:
        found = (await story.register.directory()).agency(HOST)
    assert isinstance(found, Agency)
    await register.seed(Directory(agencies=(found,)))
    await register.close()
    words = ["key", "make", "case-system", "--name", "Amara Okafor", "--agency", HOST]
    words += ["--post", "lead enquiry officer", "--scope", "reads", "--by", "amara.okafor"]

    made = await asyncio.to_thread(CliRunner().invoke, app, words)
    listed = await asyncio.to_thread(CliRunner().invoke, app, ["key", "list"])

    assert made.exit_code == 0, made.output
    (opaque,) = re.findall(r"^hubk_[A-Za-z0-9_-]{43}$", made.stdout, re.MULTILINE)
    assert opaque not in listed.output
    register = await open_register(url)
    key = await register.key_of(hash_of(opaque))
    await register.close()
    assert key is not None
    assert (key.holder, key.agency, key.scopes) == ("case-system", HOST, frozenset({Scope.READS}))
    end = ["key", "end", key.id, "--by", "amara.okafor"]
    ended = await asyncio.to_thread(CliRunner().invoke, app, end)
    assert ended.exit_code == 0, ended.output
