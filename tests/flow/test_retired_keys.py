"""Keys that the hub signed with before: still in its key set, and good for their own time alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.register import open_register
from hub.adapters.secrets import KeysUnusable
from hub.adapters.signing import NotVerified, keys_in, retired_keys, verified_by
from hub.app import ways
from hub.attestation.keys import PublicKey, key_set
from hub.cli import app
from hub.settings import Settings
from tests.flow.rosewood import START, TO_THE_END, body_of, rosewood, served
from tests.flow.test_signed_closure import OTHERS, OURS, confirmed, file_of

OLD: Final = PublicKey(
    key=OURS.key,
    public=OURS.public,
    since=START - timedelta(days=365),
    until=START + timedelta(days=30),
)
"""The key of the year in which closure was confirmed."""
NOW: Final = PublicKey(key=OTHERS.key, public=OTHERS.public)
"""The key that signs today."""


def said(*keys: PublicKey) -> str:
    return json.dumps(key_set(keys))


async def last_year() -> dict[str, Any]:
    async with rosewood(*TO_THE_END) as story:
        return file_of(await confirmed(story))


async def test_M102_last_years_confirmation_is_verified_by_a_key_that_was_retired_since(
    tmp_path: Path,
) -> None:
    file, keys = tmp_path / "closure.json", tmp_path / "keys.json"
    file.write_text(json.dumps(await last_year()), "utf-8")
    keys.write_text(said(NOW, OLD), "utf-8")

    done = CliRunner().invoke(app, ["verify", str(file), "--keys", str(keys)])

    assert done.exit_code == 0, done.output
    assert f"{OURS.key}, which was retired at 2027-05-15" in done.output


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (None, START - timedelta(microseconds=1)),
        (START + timedelta(microseconds=1), None),
    ],
)
async def test_M102_what_is_dated_when_the_hub_did_not_sign_with_that_key_is_refused(
    since: datetime | None, until: datetime | None
) -> None:
    text = json.dumps(await last_year())
    wrong = replace(OLD, since=since, until=until)

    assert verified_by(text, keys_in(said(NOW, OLD)))["at"].startswith("2027-04-15")
    with pytest.raises(NotVerified, match="it is dated"):
        verified_by(text, keys_in(said(NOW, wrong)))


async def test_the_hub_answers_its_older_keys_beside_the_one_that_signs_now() -> None:
    async with (
        rosewood(*TO_THE_END) as story,
        served(story, signer=OTHERS, retired_keys=(OLD,)) as browser,
        browser.get("/v1/keys") as got,
    ):
        text = json.dumps(await body_of(got))

    assert keys_in(text) == {NOW.key: NOW, OLD.key: OLD}


async def test_older_keys_come_from_the_settings_and_the_key_in_use_is_not_among_them(
    tmp_path: Path,
) -> None:
    register = await open_register("sqlite+aiosqlite://")
    given = Settings(data_dir=tmp_path, signing_keys_retired=said(OLD))
    mine = given.model_copy(
        update={"signing_key": SecretStr("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")}
    )
    try:
        answers = ways.answers(given, register, SystemClock(), RandomMint())
        same = ways.answers(mine, register, SystemClock(), RandomMint())

        assert ways.older_keys(given, answers) == (OLD,)
        assert ways.older_keys(Settings(data_dir=tmp_path), answers) == ()
        with pytest.raises(KeysUnusable, match="is the key that signs now"):
            ways.older_keys(mine, same)
    finally:
        await register.close()


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"keys": []}',
        '{"keys": [{"x": "short"}]}',
        said(replace(OLD, until=None)),
        said(replace(OLD, since=OLD.until)),
        said(OLD).replace("2027-05-15T09:00:00.000000Z", "yesterday"),
        said(OLD).replace("2027-05-15T09:00:00.000000Z", "2027-05-15T09:00:00"),
    ],
)
def test_what_does_not_say_which_key_signed_until_when_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(KeysUnusable):
        retired_keys(text, NOW.key)


def test_older_keys_are_told_oldest_first() -> None:
    older = replace(NOW, until=datetime(2020, 1, 1, tzinfo=UTC))

    assert retired_keys(said(OLD, older), "another") == (older, OLD)
