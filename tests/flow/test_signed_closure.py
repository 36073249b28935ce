"""The LEO's confirmation signed by the hub, exported, and verified by whoever has the file."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner

from hub.adapters.secrets import KeysUnusable
from hub.adapters.signing import Ed25519Signer, NotVerified, keys_in, signer, thumbprint, verified
from hub.answers import Attested
from hub.attestation import Seal, canonical, exported, statement
from hub.attestation.evidence import receipt_hashes
from hub.cli import app
from hub.closure import Waiver
from hub.concern import Party
from hub.ports import Entry, Register
from hub.receipt import Receipt
from hub.vocabulary import AgencyId, Role, Setback
from tests.flow.rosewood import (
    CONCERN,
    CQC,
    LEO,
    OTHER,
    TO_THE_END,
    Rosewood,
    body_of,
    rosewood,
    served,
    sign_in,
)
from tests.flow.scene import Line

EXPORT: Final = f"/concerns/{CONCERN}/closure/attestation.json"
OURS: Final = Ed25519Signer(bytes(range(32)))
OTHERS: Final = Ed25519Signer(b"k" * 32)


async def confirmed(story: Rosewood, by: Ed25519Signer | None = OURS) -> Attested:
    """Everybody answers, and the LEO confirms; `by` signs for the hub."""
    story.answers.signer = by
    await story.acknowledge()
    found = await story.answers.attest(CONCERN, LEO)
    assert isinstance(found, Attested), found
    return found


def file_of(found: Attested) -> dict[str, Any]:
    made = found.attestation
    assert made.seal is not None
    said: dict[str, Any] = json.loads(json.dumps(exported(made, made.seal)))
    return said


async def test_M102_the_confirmation_is_signed_and_read_back_as_it_was_signed() -> None:
    async with rosewood(*TO_THE_END) as story:
        found = await confirmed(story)
        kept = (await story.record()).attestation

        assert kept == found.attestation
        assert kept is not None
        assert kept.seal == OURS.sign(canonical(statement(kept)))
        (leaf,) = await story.leaves("closure.attested")
        assert kept.seal.sha256 in leaf
        assert OURS.key in leaf


class BouncedMeanwhile(Line):
    """A register in which mails come back just before anything is written."""

    def __init__(self, register: Register, receipts: Sequence[Receipt]) -> None:
        super().__init__(register)
        self._late = list(receipts)

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[Entry]:
        while self._late:
            await self.receive([self._late.pop()], (), ())
        async with super().entry() as entry:
            yield entry


async def test_M102_a_mail_that_comes_back_while_the_leo_confirms_is_not_overlooked() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.acknowledge()
        record = await story.notice_to(CQC, "closure-notice")
        late = Receipt(
            notice=record.notice.id,
            delivery=record.deliveries[0].id,
            attempt=None,
            at=story.clock.now(),
            source="smtp",
            setback=Setback.LATE_FAILURE,
            detail="DSN failed",
        )
        story.answers.register = BouncedMeanwhile(story.register, [late])  # type: ignore[assignment]

        found = await story.answers.attest(CONCERN, LEO)

        assert isinstance(found, Attested)

        (proof,) = [one for one in found.attestation.proofs if one.notice == record.notice.id]
        now = (await story.notice_to(CQC, "closure-notice")).receipts
        assert len(now) == len(record.receipts) + 1
        assert proof.receipts == receipt_hashes(now)


async def test_M102_a_waiver_and_its_reason_are_under_the_signature() -> None:
    async with rosewood(*TO_THE_END) as story:
        made = (await confirmed(story)).attestation
        surrey = Party(agency=AgencyId("gss:E10000030"), role=Role.PLACING_AUTHORITY)
        waived = replace(
            made, waivers=(Waiver(party=surrey, reason="rang, and heard – yes", name="A. Okafor"),)
        )

        assert canonical(statement(waived)) != canonical(statement(made))
        assert "rang, and heard – yes".encode() in canonical(statement(waived))


async def test_M102_the_signed_in_download_it_and_anybody_verifies_it_with_the_public_key() -> None:
    async with rosewood(*TO_THE_END) as story, served(story, signer=OURS) as browser:
        me, other = await sign_in(story, browser), await sign_in(story, browser, OTHER)
        assert (await me.get(EXPORT))[0] == 404  # not confirmed yet
        await confirmed(story)

        status, text = await me.get(EXPORT)
        _, page = await me.get(f"/concerns/{CONCERN}/closure")
        async with browser.get("/v1/keys") as got:
            keys = await body_of(got)
            kind = got.content_type

        assert status == 200
        assert (await other.get(EXPORT))[0] == 404
        assert (await browser.get(EXPORT, allow_redirects=False)).status != 200
        assert kind == "application/jwk-set+json"
        assert verified(text, keys_in(json.dumps(keys)))["by"] == LEO.name
        assert OURS.key in page
        assert EXPORT in page
        # As somebody would who has read RFC 8037 and 8785, and none of our code.
        said, (key,) = json.loads(text), keys["keys"]
        raw = base64.urlsafe_b64decode(key["x"] + "=")
        signature = base64.urlsafe_b64decode(said["signature"]["value"] + "==")
        signed = json.dumps(
            said["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed.encode())
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed.encode() + b" ")


async def test_a_hub_without_a_key_says_so_and_exports_nothing() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        me = await sign_in(story, browser)
        await confirmed(story, None)

        assert (await me.get(EXPORT))[0] == 404
        assert "has signed" not in (await me.get(f"/concerns/{CONCERN}/closure"))[1]
        async with browser.get("/v1/keys") as got:
            assert got.status == 404


def nobody_waived(said: dict[str, Any]) -> None:
    said["statement"]["flags"].append("nobody was left out")


def one_fewer(said: dict[str, Any]) -> None:
    said["statement"]["reached"].pop()


def somebody_else(said: dict[str, Any]) -> None:
    said["statement"]["by"] = "Sam Okoro"


def another_key(said: dict[str, Any]) -> None:
    said["key"]["x"] = OTHERS.public


def another_key_by_its_name(said: dict[str, Any]) -> None:
    said["key"]["x"], said["signature"]["kid"] = OTHERS.public, OTHERS.key


def another_signature(said: dict[str, Any]) -> None:
    value = said["signature"]["value"]
    said["signature"]["value"] = ("A" if value[0] != "A" else "B") + value[1:]


def no_signature(said: dict[str, Any]) -> None:
    said["signature"]["value"] = ""


def no_base64(said: dict[str, Any]) -> None:
    said["signature"]["value"] = "ÿ!"


def another_type(said: dict[str, Any]) -> None:
    said["statement"]["type"] = "concernhub.attestation.v2"


@pytest.mark.parametrize(
    "alter",
    [
        nobody_waived,
        one_fewer,
        somebody_else,
        another_key,
        another_key_by_its_name,
        another_signature,
        no_signature,
        no_base64,
        another_type,
    ],
)
async def test_M102_whatever_is_altered_is_not_verified(
    alter: Callable[[dict[str, Any]], None],
) -> None:
    async with rosewood(*TO_THE_END) as story:
        good = file_of(await confirmed(story))
    bad = copy.deepcopy(good)
    alter(bad)

    assert verified(json.dumps(good), {OURS.key}) == good["statement"]
    with pytest.raises(NotVerified):
        verified(json.dumps(bad), {OURS.key})


def test_one_who_signs_it_anew_with_a_key_of_their_own_is_found_out_by_the_hubs_keys() -> None:
    said = {"type": "concernhub.attestation.v1", "by": "Nobody"}
    seal: Seal = OTHERS.sign(canonical(said))
    forged = {
        "statement": said,
        "signature": {"alg": "EdDSA", "kid": seal.key, "value": seal.signature},
        "key": {"kty": "OKP", "crv": "Ed25519", "x": seal.public},
    }

    assert verified(json.dumps(forged)) == said
    with pytest.raises(NotVerified, match="none of the hub's"):
        verified(json.dumps(forged), {OURS.key})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"statement": {}}', "null", '"text"'])
def test_what_is_no_confirmation_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotVerified):
        verified(text)


def test_a_key_is_named_by_its_thumbprint_as_rfc_8037_gives_it() -> None:
    # The example of RFC 8037, appendix A.3.
    public = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

    assert thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_example_of_rfc_8032_is_signed_as_it_says() -> None:
    # Section 7.1, test 1: no message.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signature = base64.urlsafe_b64decode(Ed25519Signer(seed).sign(b"").signature + "==")

    assert signature.hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065")


def test_the_key_is_made_once_or_given_and_otherwise_refused(tmp_path: Path) -> None:
    made, again = signer(None, tmp_path), signer(None, tmp_path)
    given = signer(base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("="), tmp_path)

    assert made.key == again.key != given.key == OURS.key
    assert (tmp_path / "signing-key").stat().st_mode & 0o077 == 0
    for wrong in ("short", "!" * 43, "A" * 86):
        with pytest.raises(KeysUnusable):
            signer(wrong, tmp_path)
    with pytest.raises(KeysUnusable):
        keys_in('{"keys": []}')


async def test_M102_the_command_verifies_a_file_without_a_hub(tmp_path: Path) -> None:
    async with rosewood(*TO_THE_END) as story:
        said = file_of(await confirmed(story))
    good, bad, keys = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "keys.json"
    good.write_text(json.dumps(said), "utf-8")
    somebody_else(said)
    bad.write_text(json.dumps(said), "utf-8")
    keys.write_text(json.dumps({"keys": [{"x": OURS.public}]}), "utf-8")

    alone = CliRunner().invoke(app, ["verify", str(good)])
    trusted = CliRunner().invoke(app, ["verify", str(good), "--keys", str(keys)])
    altered = CliRunner().invoke(app, ["verify", str(bad), "--keys", str(keys)])

    assert (alone.exit_code, trusted.exit_code, altered.exit_code) == (0, 0, 1)
    assert f"Confirmed by {LEO.name}" in alone.output
    assert f"{OURS.key}: compare it" in alone.output
    assert f"Signed by the hub's key {OURS.key}." in trusted.output
    assert isinstance(altered.exception, NotVerified)
