"""The closure pack: what an outsider is given, and how whatever is changed in it is found out."""

from __future__ import annotations

import asyncio
import json
import random
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from hub.adapters.closure_pack import check_pack
from hub.adapters.signing import Ed25519Signer, keys_in
from hub.answers import Attested
from hub.answers.packing import closure_pack
from hub.attestation import canonical, sealed, statement
from hub.attestation.keys import PublicKey, key_set
from hub.attestation.pack import (
    CONFIRMATION,
    INDEX,
    MANIFEST,
    SEAL,
    manifest_of,
    pack_statement,
    unzipped,
    zipped,
)
from hub.bounce import ReturnedMail
from hub.cli import app
from hub.closure import Waiver
from hub.ports import NoticeRecord
from hub.receipt import Receipt
from hub.vocabulary import Rung, Setback
from tests.flow.rosewood import (
    CONCERN,
    CQC,
    LEO,
    OTHER,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_signed_closure import OTHERS, OURS, confirmed

PACK: Final = f"/concerns/{CONCERN}/closure/pack.zip"
KEYS: Final = json.dumps(key_set([PublicKey(key=OURS.key, public=OURS.public)]))
TRUSTED: Final = keys_in(KEYS)


async def packed(story: Rosewood, by: Ed25519Signer = OURS) -> bytes:
    made = await closure_pack(story.register, story.clock, by, CONCERN)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def whole() -> bytes:
    """The pack of a closure that everybody acknowledged."""

    async def made() -> bytes:
        async with rosewood(*TO_THE_END) as story:
            await story.sent()
            await confirmed(story)
            return await packed(story)

    return asyncio.run(made())


async def waived(story: Rosewood) -> NoticeRecord:
    """Everybody but CQC answers; the LEO confirms without it, and gives its notice's record."""
    await story.sent()
    story.answers.signer = OURS
    closing = [n for n in (await story.record()).notices if n.notice.template == "closure-notice"]
    await echoes(story)
    await story.acknowledge(*(n.notice.party for n in closing if n.notice.party != CQC))
    waiver = Waiver(party=CQC, reason="its inspector rang, and has <read> it", name=LEO.name)
    assert isinstance(await story.answers.attest(CONCERN, LEO, [waiver]), Attested)
    return await story.notice_to(CQC, "closure-notice")


async def echoes(story: Rosewood) -> None:
    """CQC's system answers with what it was sent: so the code stands in a receipt."""
    cqc = await story.notice_to(CQC, "closure-notice")
    receipt = Receipt(
        notice=cqc.notice.id,
        delivery=cqc.deliveries[0].id,
        attempt=None,
        at=story.clock.now(),
        source="webhook",
        evidence=(("reply", f"you sent: {cqc.notice.text}"),),
    )
    await story.register.receive((receipt,), (), ())


def resealed(files: Mapping[str, bytes], by: Ed25519Signer) -> bytes:
    """A pack of these files as one would make it who has this key and none of the hub's words."""
    rest = {name: content for name, content in files.items() if name not in {MANIFEST, SEAL}}
    before = json.loads(files[SEAL])["statement"]
    manifest = manifest_of(rest)
    said = pack_statement(before["concern"], before["attestation"], before["at"], manifest)
    seal = canonical(sealed(said, by.sign(canonical(said))))
    return zipped({**rest, MANIFEST: manifest, SEAL: seal})


def verify(folder: Path, pack: bytes, *words: str) -> tuple[int, str]:
    file, keys = folder / "pack.zip", folder / "keys.json"
    file.write_bytes(pack)
    keys.write_text(KEYS, "utf-8")
    done = CliRunner().invoke(app, ["verify", str(file), "--keys", str(keys), *words])
    return done.exit_code, done.output


async def test_M102_every_notice_as_it_was_sent_and_every_receipt_is_in_the_pack() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        await confirmed(story)
        files = unzipped(await packed(story))
        record = await story.record()

        assert record.attestation is not None
        index = json.loads(files[INDEX])
        in_it = {n["id"] for party in index["parties"] for n in party["notices"]}
        assert in_it == {each.notice.id for each in record.notices}
        closing = [n for n in record.notices if n.notice.template == "closure-notice"]
        bytes_of = {name.split("/")[1].split(".")[0]: files[name] for name in files if "/" in name}
        for each in closing:
            assert all(bytes_of[delivery.id] == delivery.body for delivery in each.deliveries)
            receipts = json.loads(files[f"receipts/{each.notice.id}.json"])
            assert {r["source"] for r in receipts} >= {"smtp", "code"}
            assert any(r.get("acknowledged", {}).get("name") == "Sam Okoro" for r in receipts)
            assert any(["code", "250"] in r.get("evidence", ()) for r in receipts)
        checked = check_pack(zipped(files), TRUSTED)
        assert (checked.faults, checked.missing, checked.keys) == ((), (), (OURS.key,))


async def test_M102_a_waiver_and_what_was_missing_are_signed_and_stand_on_the_page(
    tmp_path: Path,
) -> None:
    async with rosewood(*TO_THE_END) as story:
        await waived(story)
        pack = await packed(story)

    files = unzipped(pack)
    said = json.loads(files[CONFIRMATION])["statement"]
    assert [gap["says"] for gap in said["missing"]] == [
        "its closure notice is accepted by the agency's mail system or gateway; it must be acknowledged"  # noqa: E501
    ]
    assert said["waivers"][0]["reason"] == "its inspector rang, and has <read> it"
    html = files["index.html"].decode()
    assert "its inspector rang, and has &lt;read&gt; it" in html
    assert "it must be acknowledged" in html
    assert "<script" not in html
    code, output = verify(tmp_path, pack)
    assert code == 0, output
    assert "1 without" in output
    assert "hash alone" in output


async def test_M102_a_code_that_may_still_be_used_is_nowhere_in_the_pack() -> None:
    async with rosewood(*TO_THE_END) as story:
        silent = await waived(story)
        record = await story.record()
        files = unzipped(await packed(story))

    codes = {
        each.notice.ack_code
        for each in record.notices
        if not any(r.acknowledgement for r in each.receipts)
    }
    assert silent.notice.ack_code in codes
    everything = b"\n".join(files.values()).decode()
    for code in codes:
        assert code not in everything
        assert f"{code[:3]} {code[3:]}" not in everything
    (party,) = [p for p in json.loads(files[INDEX])["parties"] if p["agency"] == CQC.agency]
    (notice,) = [n for n in party["notices"] if n["id"] == silent.notice.id]
    assert {d["sha256"] for d in notice["deliveries"]} == {d.sha256 for d in silent.deliveries}
    assert all("file" not in d for d in notice["deliveries"])
    assert silent.notice.ack_code in silent.notice.text
    assert [("withheld" in one) for one in json.loads(files[notice["receipts"]])].count(True) == 1
    found = check_pack(zipped(files), TRUSTED)
    assert (found.faults, found.missing) == ((), ())


async def test_M102_a_bounce_is_in_the_pack_octet_for_octet_and_later_ones_are_said_to_be_later(
    tmp_path: Path,
) -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        cqc = await story.notice_to(CQC, "closure-notice")
        mail = ReturnedMail(
            id="mail-1", sender="", recipient="b+x", raw=b"\xffit\r\n", received=story.clock.now()
        )
        await story.register.keep_mail(mail)
        await confirmed(story)
        receipt = Receipt(
            notice=cqc.notice.id,
            delivery=cqc.deliveries[0].id,
            attempt=None,
            at=story.clock.now(),
            source="mail",
            setback=Setback.LATE_FAILURE,
            evidence=(("mail", "mail-1"),),
        )
        await story.register.receive((receipt,), (), ())
        pack = await packed(story)

    assert unzipped(pack)["mail/mail-1.eml"] == b"\xffit\r\n"
    assert check_pack(pack, TRUSTED).later == 1
    code, output = verify(tmp_path, pack)
    assert code == 0
    assert "came after the confirmation, and are in it: 1." in output


async def test_M102_the_signed_in_of_the_host_download_it_and_nobody_else() -> None:
    async with rosewood(*TO_THE_END) as story, served(story, signer=OURS) as browser:
        me, other = await sign_in(story, browser), await sign_in(story, browser, OTHER)
        assert (await me.get(PACK))[0] == 404
        await confirmed(story)

        assert PACK in (await me.get(f"/concerns/{CONCERN}/closure"))[1]
        assert (await other.get(PACK))[0] == 404
        assert (await browser.get(PACK, allow_redirects=False)).status != 200
        async with browser.get(PACK, headers={"Cookie": me.cookie}) as got:
            pack = await got.read()
            assert got.content_type == "application/zip"
        (leaf,) = await story.leaves("closure.exported")

    assert check_pack(pack, TRUSTED).faults == ()
    assert json.loads(unzipped(pack)[SEAL])["statement"]["manifest"] in leaf


def small() -> dict[str, bytes]:
    """The files of a pack that is small enough to change each of its bits."""
    statement = {
        "type": "concernhub.attestation.v1",
        "id": "a-1",
        "concern": "c-1",
        "by": "A",
        "role": "LEO",
        "at": "2027-04-15T09:00:00.000000Z",
        "reached": [],
        "waivers": [],
    }
    files = {
        CONFIRMATION: canonical(sealed(statement, OURS.sign(canonical(statement)))),
        INDEX: b'{"parties": []}',
        "words/n-1.txt": b"words",
    }
    manifest = manifest_of(files)
    said = pack_statement("c-1", "a-1", "2027-04-15T09:00:00.000000Z", manifest)
    seal = canonical(sealed(said, OURS.sign(canonical(said))))
    return {**files, MANIFEST: manifest, SEAL: seal}


def test_M102_each_bit_that_is_changed_in_a_pack_is_found_out() -> None:
    pack = zipped(small())
    assert check_pack(pack, TRUSTED).faults == ()
    unseen = []

    for at in range(len(pack)):
        for bit in range(8):
            altered = bytearray(pack)
            altered[at] ^= 1 << bit
            if not check_pack(bytes(altered), TRUSTED).faults:
                unseen.append((at, bit))

    assert unseen == []


def of_each_kind(files: Mapping[str, bytes]) -> list[str]:
    """Every file at the top, and five of each folder: the first, the last, and between."""
    kinds: dict[str, list[str]] = {}
    for name in sorted(files):
        kinds.setdefault(name.rpartition("/")[0] or name, []).append(name)
    assert {"words", "deliveries", "receipts", CONFIRMATION, INDEX, MANIFEST, SEAL} <= set(kinds)
    return [name for kind in kinds.values() for name in {*kind[:: -(-len(kind) // 4)], kind[-1]}]


def test_M102_one_bit_in_any_file_of_a_real_pack_is_found_out_by_the_name_of_the_file(
    whole: bytes,
) -> None:
    files, chance = unzipped(whole), random.Random(7)

    for name in of_each_kind(files):
        content = files[name]
        altered = bytearray(content)
        altered[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        found = check_pack(zipped({**files, name: bytes(altered)}), TRUSTED)
        assert found.faults, name
        named = name in " ".join(found.faults) or name in {CONFIRMATION, SEAL, MANIFEST}
        assert named, (name, found.faults)


def test_M102_whatever_is_left_out_is_named_and_the_pack_is_incomplete(
    whole: bytes, tmp_path: Path
) -> None:
    files = unzipped(whole)

    for name in of_each_kind(files):
        rest = {other: content for other, content in files.items() if other != name}
        found = check_pack(zipped(rest), TRUSTED)
        assert found.faults == (), name
        assert f"{name} is not in it" in found.missing
    some = {name: content for name, content in files.items() if name != CONFIRMATION}
    code, output = verify(tmp_path, zipped(some))
    assert code == 2
    assert "Incomplete: confirmation.json is not in it" in output
    assert check_pack(zipped({}), TRUSTED).missing


def test_M102_evidence_that_the_confirmation_rests_on_cannot_be_left_out_by_the_hub_itself(
    whole: bytes,
) -> None:
    files = unzipped(whole)
    proof = json.loads(files[CONFIRMATION])["statement"]["evidence"][0]
    receipts = f"receipts/{proof['notice']}.json"
    fewer = json.dumps(json.loads(files[receipts])[1:]).encode()

    short = check_pack(resealed({**files, receipts: fewer}, OURS), TRUSTED)
    sent = next(n for n in files if n.startswith("deliveries/") and _is(files[n], proof))
    unsent = check_pack(
        resealed({name: each for name, each in files.items() if name != sent}, OURS), TRUSTED
    )

    assert short.faults == unsent.faults == ()
    assert "a receipt of" in short.missing[0]
    assert "a notice to" in unsent.missing[0]


def _is(content: bytes, proof: Mapping[str, Any]) -> bool:
    return manifest_of({"x": content}).decode().split("  ")[0] in proof["deliveries"]


def test_M102_who_packs_it_anew_with_a_key_of_their_own_is_found_out(
    whole: bytes, tmp_path: Path
) -> None:
    files = unzipped(whole)
    name = next(each for each in files if each.startswith("words/"))
    forged = resealed({**files, name: b"nothing was said"}, OTHERS)

    code, output = verify(tmp_path, forged)

    assert code == 1
    assert f"key {OTHERS.key} is none of the hub's" in output


def test_M102_the_confirmation_of_another_closure_does_not_fit(
    whole: bytes, tmp_path: Path
) -> None:
    files = unzipped(whole)
    statement = {**json.loads(files[CONFIRMATION])["statement"], "id": "another"}
    text = json.dumps(sealed(statement, OURS.sign(canonical(statement)))).encode()

    code, output = verify(tmp_path, resealed({**files, CONFIRMATION: text}, OURS))

    assert code == 1
    assert "of another closure" in output


def a_zip(*entries: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", how) as pack:
        for name, content in entries:
            pack.writestr(zipfile.ZipInfo(name), content, how)
    return made.getvalue()


@pytest.mark.parametrize(
    ("pack", "why"),
    [
        (b"", "cut short"),
        (b"PK\x03\x04 and no more", "cut short"),
        (zipped(small())[:-30], "cut short"),
        (b"#!/bin/sh\n" + zipped(small()), "container"),
        (zipped(small()) + b"more", "c"),
        (a_zip(("bomb", b"\0" * 10_000_000), how=zipfile.ZIP_DEFLATED), "compressed"),
        (a_zip(("../../etc/passwd", b"x")), "a name"),
        (a_zip(("/etc/passwd", b"x")), "a name"),
        (a_zip(("C:\\x", b"x")), "a name"),
        (a_zip(("words/../x", b"x")), "a name"),
        (a_zip((".hidden", b"x")), "a name"),
        (a_zip(("words/", b"")), "a name"),
        (a_zip(("aa", b"x"), ("ab", b"y")).replace(b"ab", b"aa"), "two files of one name"),
        (a_zip(("a", b"x")), "container"),
    ],
    ids=range(14),
)
def test_M102_what_is_no_pack_of_the_hub_is_not_unpacked(
    pack: bytes, why: str, tmp_path: Path
) -> None:
    found = check_pack(pack, TRUSTED)

    assert len(found.faults) == 1
    assert why in found.faults[0]
    assert verify(tmp_path, pack)[0] == 1


def test_M102_one_who_does_not_ask_as_they_must_is_told_so_by_three(tmp_path: Path) -> None:
    file, keys = tmp_path / "pack.zip", tmp_path / "no-keys.json"
    file.write_bytes(zipped(small()))
    keys.write_text('{"keys": []}', "utf-8")
    run = CliRunner()

    assert run.invoke(app, ["verify", str(file)]).exit_code == 0
    for words in (
        [str(tmp_path / "nothing.zip")],
        [str(tmp_path)],
        [],
        [str(file), "--key", "x"],
        [str(file), "--keys", str(tmp_path / "nothing")],
        [str(file), "--keys", str(keys)],
    ):
        assert run.invoke(app, ["verify", *words]).exit_code == 3, words


def test_M102_an_operator_is_told_that_there_is_nothing_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, file = tmp_path / "data", tmp_path / "closure.zip"
    monkeypatch.setenv("HUB_DATA_DIR", str(data))
    data.mkdir()
    run, words = CliRunner(), ["attestation", "export", CONCERN, "--to", str(file)]

    assert "no signing key" in str(run.invoke(app, words).exception)
    (data / "signing-key").write_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "utf-8")
    assert "no signed confirmation" in str(run.invoke(app, words).exception)
    assert not file.exists()


async def test_M102_without_a_signed_confirmation_there_is_no_pack() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent(Rung.RELAYED)
        assert await closure_pack(story.register, story.clock, OURS, CONCERN) is None
        await confirmed(story, None)
        assert await closure_pack(story.register, story.clock, OURS, CONCERN) is None


async def test_M102_a_confirmation_of_before_is_stated_as_it_was_signed_and_packed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As the hub made it before it wrote down what a confirmation rests on.
    monkeypatch.setattr("hub.answers.attesting._proofs", lambda _: ())
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        await confirmed(story)
        row = await kept_confirmation(story)
        await rewrite(story, {k: v for k, v in row.items() if k not in {"proofs", "missing"}})
        before = (await story.record()).attestation
        pack = await packed(story)

    assert before is not None
    assert before.seal == OURS.sign(canonical(statement(before)))
    assert "evidence" not in statement(before)
    found = check_pack(pack, TRUSTED)
    assert (found.faults, found.missing) == ((), ())


async def kept_confirmation(story: Rosewood) -> dict[str, Any]:
    database = story.register._database  # type: ignore[attr-defined]
    async with database.engine.connect() as connection:
        rows = await connection.execute(text("SELECT whole FROM attestation"))
        found: dict[str, Any] = json.loads(rows.scalar_one())
        return found


async def rewrite(story: Rosewood, row: dict[str, Any]) -> None:
    database = story.register._database  # type: ignore[attr-defined]
    async with database.engine.begin() as connection:
        await connection.execute(
            text("UPDATE attestation SET whole = :whole"), {"whole": json.dumps(row)}
        )
