"""A LEO's closure from authorisation to attestation, and what an outsider can follow of it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import make_msgid
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiosmtplib import SMTP
from playwright.async_api import Download, expect
from rich.console import Console

from hub.adapters.catcher import MailCatcher, WebhookCatcher
from hub.adapters.catcher.mail import CaughtMail
from hub.adapters.clock import RandomMint
from hub.adapters.register import migrate
from hub.adapters.shipped import read_folder, shipped
from hub.app import Hub, Made, open_hub
from hub.attestation.pack import INDEX, unzipped
from hub.cli.demo.readers import acknowledge, code_in
from hub.cli.demo.stage import Stage
from hub.cli.demo.story import DEPUTY, HAMPSHIRE, Told
from hub.concern import Party
from hub.pack.load import load_directory
from hub.ports import NoticeRecord
from hub.receipt import fold
from hub.settings import Settings
from hub.vocabulary import ConcernId, Role, Rung
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CHAIR, CQC, LEO, TO_THE_END
from tests.flow.test_commands import hub as command
from tests.servers.ground import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

RELAY: Final = "relay.hub.example"
"""The mail server whose word of success this hub takes."""
PLACED: Final = Party(agency=HAMPSHIRE, role=Role.PLACING_AUTHORITY)
REASON: Final = "its inspector said by phone that it has read the notice"


def policy(folder: Path) -> Path:
    """The shipped pack, but a closure notice is enough when an agency's own system has it."""
    shutil.copytree(shipped("policy") / "west-sussex", folder / "west-sussex")
    for path in (folder / "west-sussex").glob("*.toml"):
        blocks = re.split(r"(?m)^(?=\[\[)", path.read_text("utf-8"))
        path.write_text("".join(_enough(each) for each in blocks), "utf-8")
    return folder


def _enough(block: str) -> str:
    """A rule, or an example, of how far the notice of the end must come."""
    if not all(word in block for word in ('"closure.authorised"', '"closure-notice"')):
        return block
    return block.replace('required = "acknowledged"', 'required = "relayed"')


@dataclass(slots=True, kw_only=True)
class Journey:
    """A hub that runs, what it has been told, and the way back into it."""

    told: Told
    stage: Stage
    inbox: int

    async def notice(self, party: Party) -> NoticeRecord:
        record = await self.stage.record(self.told.concern)
        mine = [
            n
            for n in record.notices
            if n.notice.party == party and n.notice.template == "closure-notice"
        ]
        return mine[-1]

    async def reaches(self, party: Party, rung: Rung) -> None:
        async def there() -> bool:
            return fold((await self.notice(party)).receipts).rung is rung

        await self.stage.until(f"{party} at {rung}", there)

    async def caught(self, recipient: str, notice: NoticeRecord) -> CaughtMail:
        """Wait for the mail of a notice to one mailbox."""
        page = f"/acknowledge/{notice.notice.id}".encode()

        def mine() -> list[CaughtMail]:
            # A long line is broken by `=` where it is written in quoted-printable.
            return [
                m
                for m in self.stage.mail.mails
                if recipient in m.recipients and page in m.content.replace(b"=\r\n", b"")
            ]

        async def came() -> bool:
            return bool(mine())

        await self.stage.until(f"a mail to {recipient}", came)
        return mine()[-1]

    async def reports(self, about: CaughtMail, action: str, status: str) -> bytes:
        """The agency's side says what became of a mail, to the address it came from."""
        raw = report(about, action, status)
        async with SMTP(hostname="127.0.0.1", port=self.inbox, start_tls=False) as client:
            await client.sendmail("", [about.sender], raw)
        return raw


def report(about: CaughtMail, action: str, status: str) -> bytes:
    (to,) = about.recipients
    lines = (
        f"From: Mail Delivery System <MAILER-DAEMON@{RELAY}>",
        f"To: <{about.sender}>",
        "Subject: Mail Delivery Report",
        f"Message-ID: {make_msgid(domain=RELAY)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        f"This is {RELAY}.",
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {RELAY}",
        f"Original-Envelope-Id: {about.options['ENVID']}",
        "",
        f"Final-Recipient: rfc822; {to}",
        f"Action: {action}",
        f"Status: {status}",
        "",
        "--b--",
        "",
    )
    return "\r\n".join(lines).encode()


@asynccontextmanager
async def a_journey(folder: Path) -> AsyncIterator[Journey]:
    """A whole hub with its inbox, a mail server behind it, and the story up to its end."""
    mail, hooks, inbox = MailCatcher(), WebhookCatcher(), free_port()
    await mail.start()
    settings = Settings(
        data_dir=folder / "data",
        policy_dir=policy(folder / "policy"),
        policy_watch_seconds=0,
        smtp_url=Settings(smtp_url=mail.url).smtp_url,
        web_port=0,
        inbox_port=inbox,
        trusted_mtas=(RELAY,),
        development_sign_in=True,
    )
    settings.data_dir.mkdir()
    await migrate(settings.register)
    seeds = load_directory(read_folder(shipped("policy") / "west-sussex")["directory.toml"])
    made = Made(seeds=replace(seeds, endpoints=()), people=(LEO, CHAIR))
    hub: Hub = await open_hub(settings, made=made)
    stop = asyncio.Event()
    running = asyncio.create_task(hub.run(stop))
    try:
        async with aiohttp.ClientSession() as http:
            stage = Stage(hub=hub, settings=settings, mail=mail, hooks=hooks, http=http)
            mint = RandomMint()
            told = Told(
                stage=stage, console=Console(quiet=True), concern=ConcernId(mint.id()), mint=mint
            )
            for name in TO_THE_END:
                await told.publish(name, name)
            yield Journey(told=told, stage=stage, inbox=inbox)
    finally:
        stop.set()
        await running
        await mail.stop()


async def types_the_code(
    reader: Visitor, journey: Journey, notice: NoticeRecord, name: str
) -> None:
    code, url = code_in(journey.stage.mail, notice.notice)
    await reader.page.goto(url)
    await reader.page.get_by_label("Your name").fill(name)
    await reader.page.get_by_label("Your role").fill("Duty manager")
    await reader.page.get_by_label("The code in the notice").fill(code)
    await reader.page.get_by_role("button", name="Acknowledge the notice").click()
    await reader.sees("The notice is acknowledged")


async def is_refused(leo: Visitor, *named: str) -> None:
    """The LEO confirms, and is told whose evidence is missing."""
    await leo.page.get_by_label("I confirm that closure notices were sent").check()
    await leo.page.get_by_role("button", name="Confirm closure").click()
    await expect(leo.page.get_by_role("alert")).to_contain_text("Closure is not confirmed")
    gaps = leo.page.get_by_role("region", name="Closure cannot be confirmed yet")
    await expect(gaps.get_by_role("listitem")).to_have_count(len(named))
    for says in named:
        await expect(gaps).to_contain_text(says)


async def plays(journey: Journey, visit: Visit) -> tuple[bytes, bytes]:
    """The end, as people see it; return the pack that the LEO downloads, and the bounce."""
    record = await journey.stage.record(journey.told.concern)
    closing = {n.notice.party for n in record.notices if n.notice.template == "closure-notice"}
    reader = await visit(journey.stage.hub.url)
    for party in sorted(closing - {PLACED, CQC}):
        notice = await journey.notice(party)
        if party.role is Role.HOST_ICB:
            await types_the_code(reader, journey, notice, "Jo Reed")
        else:
            await acknowledge(journey.stage, notice.notice, "Jo Reed", "Duty manager")
    first = await journey.notice(PLACED)
    sent = await journey.caught("adults-safeguarding@hampshire.example", first)
    await journey.reports(sent, "relayed", "2.0.0")
    await journey.reaches(PLACED, Rung.RELAYED)

    leo = await visit(journey.stage.hub.url)
    board = f"/concerns/{journey.told.concern}"
    await leo.sign_in()
    await leo.open(f"{board}/closure")
    silent = (
        "Care Quality Commission (regulator): its closure notice is accepted by our mail server"
    )
    await is_refused(leo, silent)

    bounce = await journey.reports(sent, "failed", "5.1.1")
    deputy = await journey.caught(DEPUTY, first)
    await journey.reaches(PLACED, Rung.SUBMITTED)
    await leo.open(f"{board}/closure")
    await is_refused(leo, silent, "Hampshire County Council (placing authority)")
    await expect(leo.page.get_by_role("main")).to_contain_text("late failure")
    await leo.open(board)
    await expect(leo.page.get_by_role("main")).to_contain_text("came back after it had been")

    assert deputy.sender != sent.sender
    await types_the_code(reader, journey, first, "Lee Cole")
    await leo.open(f"{board}/closure")
    waiver = leo.page.get_by_role("group", name="Confirm without this evidence for Care Quality")
    await waiver.get_by_role("checkbox").check()
    await waiver.get_by_label("Why").fill(REASON)
    await leo.page.get_by_label("I confirm that closure notices were sent").check()
    await leo.page.get_by_role("button", name="Confirm closure").click()
    await leo.sees("Closure is confirmed")
    await expect(leo.page.get_by_role("main")).to_contain_text(REASON)
    async with leo.page.expect_download() as started:
        await leo.page.get_by_role("link", name="Download the closure pack").click()
    download: Download = await started.value
    return Path(await download.path()).read_bytes(), bounce


async def test_M102_B04_a_leo_closes_over_a_gap_and_a_late_bounce_and_an_outsider_can_follow_it(
    visit: Visit, tmp_path: Path
) -> None:
    async with a_journey(tmp_path) as journey:
        pack, bounce = await plays(journey, visit)
        async with journey.stage.http.get(f"{journey.stage.hub.url}/v1/keys") as got:
            keys = await got.read()
        concern, settings = journey.told.concern, journey.stage.settings

    # The hub is gone. Somebody else has the file, and the hub's public key from before.
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "closure.zip").write_bytes(pack)
    (outside / "keys.json").write_bytes(keys)
    code, said, _ = await command(outside, "verify", "closure.zip", "--keys", "keys.json")
    assert code == 0, said
    assert f"Confirmed by {LEO.name}, lead enquiry officer" in said
    assert "1 without" in said
    assert "Verified: every file is as the hub wrote it" in said
    altered = pack.replace(b"Lee Cole", b"Lee Dole")
    (outside / "altered.zip").write_bytes(altered)
    assert (await command(outside, "verify", "altered.zip", "--keys", "keys.json"))[0] == 1

    files = unzipped(pack)
    follows(files, bounce)
    outsider = await visit("http://127.0.0.1")
    await outsider.page.set_content(files["index.html"].decode())
    await outsider.sees("closure, and the evidence")
    await expect(outsider.page.get_by_role("main")).to_contain_text(REASON)
    await expect(outsider.page.get_by_role("main")).to_contain_text(f"Confirmed by {LEO.name}")

    # An operator of the hub makes the same for whoever asks later.
    words = ("attestation", "export", concern, "--to", str(outside / "again.zip"))
    code, _, err = await command(outside, *words, HUB_DATA_DIR=str(settings.data_dir))
    assert code == 0, err
    assert (outside / "again.zip").stat().st_mode & 0o077 == 0
    nowhere = (*words[:-1], str(outside / "no-folder" / "x.zip"))
    code, _, err = await command(outside, *nowhere, HUB_DATA_DIR=str(settings.data_dir))
    assert (code, "cannot be written" in err, "Traceback" in err) == (1, True, False)
    code, said, _ = await command(outside, "verify", "again.zip", "--keys", "keys.json")
    assert code == 0, said


def follows(files: dict[str, bytes], bounce: bytes) -> None:
    """Each party's evidence leads from the index to the octets themselves."""
    index = json.loads(files[INDEX])
    parties = {(each["agency"], each["role"]): each for each in index["parties"]}
    assert index["authorised"]["by"]
    for party in parties.values():
        for notice in party["notices"]:
            assert files[notice["words"]]
            assert json.loads(files[notice["receipts"]])
    ends = {
        party: [n for n in each["notices"] if n["notice"] == "closure-notice"]
        for party, each in parties.items()
    }
    assert all(len(notices) == 1 for notices in ends.values() if notices)
    silent = parties[CQC.agency, CQC.role]
    assert silent["waivers"] == [{"reason": REASON, "name": LEO.name}]
    assert "it must be accepted by the agency's mail system" in silent["missing"][0]
    (hampshire,) = ends[PLACED.agency, PLACED.role]
    assert hampshire["reached"] == "acknowledged"
    assert len(hampshire["deliveries"]) == 2
    assert all(b"Message-ID: <" + _id(d) in files[d["file"]] for d in hampshire["deliveries"])
    mails = [files[each["file"]] for each in hampshire["mail"]]
    assert len(mails) == 2
    assert bounce in mails
    receipts = json.loads(files[hampshire["receipts"]])
    assert "late failure" in {r.get("setback") for r in receipts}
    assert [r["acknowledged"]["name"] for r in receipts if "acknowledged" in r] == ["Lee Cole"]


def _id(delivery: dict[str, Any]) -> bytes:
    return str(delivery["id"]).encode()
