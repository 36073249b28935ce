"""The hub says that it lives, by two channels, and never that it is well on stale figures."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Final

import pytest
from standardwebhooks import Webhook

from hub.adapters.catcher.mail import MailCatcher
from hub.adapters.catcher.web import WebhookCatcher
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.scripted import LATER
from hub.adapters.secrets import KeysUnusable
from hub.adapters.smtp import SmtpCarrier
from hub.adapters.webhook import WebhookCarrier
from hub.app import open_hub
from hub.app.lifesigns import NoMailbox, operations
from hub.directory import Agency, Contact, Directory, Endpoint, EndpointKey
from hub.heartbeat import OPERATIONS, Heartbeat
from hub.ports import RegisterAway
from hub.settings import Settings
from hub.vocabulary import AgencyId, Channel, ContactId, EndpointId
from tests.flow.scene import Scene, a_scene, running

MINUTE: Final = timedelta(minutes=1)
KEY: Final = "whsec_" + "aGVhcnRiZWF0IGhlYXJ0YmVhdCBoZWFydGJlYXQ="
ALL: Final = frozenset({Channel.EMAIL, Channel.WEBHOOK})


def where(
    channels: frozenset[Channel] = ALL, url: str = "https://switch.example/beat", port: int = 443
) -> Directory:
    agency = AgencyId(OPERATIONS)
    contact = Contact(
        id=ContactId(OPERATIONS),
        agency=agency,
        roles=frozenset(),
        name="",
        address="operations@hub.example",
    )
    endpoint = Endpoint(
        id=EndpointId(OPERATIONS),
        agency=agency,
        roles=frozenset(),
        url=url,
        hosts=("127.0.0.1",),
        ports=(port,),
        private_networks=("127.0.0.0/8",),
        keys=(EndpointKey(id="k", secret=b"heartbeat heartbeat heartbeat"),),
    )
    return Directory(
        agencies=(Agency(id=agency, name="Operations"),),
        contacts=(contact,) if Channel.EMAIL in channels else (),
        endpoints=(endpoint,) if Channel.WEBHOOK in channels else (),
        publishers=(),
    )


def heartbeat(
    scene: Scene,
    channels: frozenset[Channel] = ALL,
    first: Callable[[], Awaitable[bool]] | None = None,
) -> tuple[Heartbeat, list[datetime]]:
    """Return a heartbeat, and the list whose last instant is when the watch looked."""
    looked: list[datetime] = []
    made = Heartbeat(
        scene.register,
        {Channel.EMAIL: scene.mail, Channel.WEBHOOK: scene.hooks},
        scene.clock,
        scene.tools.mint,
        sender=scene.tools.sender,
        where=where(channels),
        watched=lambda: looked[-1] if looked else None,
        first=first,
    )
    return made, looked


def mailed(scene: Scene) -> list[str]:
    """Return the words of each heartbeat that was mailed."""
    said = []
    for one in scene.mail.carried:
        mail = message_from_bytes(one.delivery.body, policy=policy.default)
        words = mail.get_body(("plain",))
        assert words is not None
        said.append(f"{mail['Subject']}\n{words.get_content()}")
    return said


async def test_B03_both_channels_are_told_at_a_set_interval_with_counts_and_nothing_else() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        queued = (await scene.register.depths()).queued
        beats, looked = heartbeat(scene)
        watch = scene.watch()

        async with running(scene, beats, watch):
            for _ in range(16):
                looked.append(scene.clock.now())
                await scene.pass_time(MINUTE)

        hooks = [json.loads(one.delivery.body) for one in scene.hooks.carried]
        assert len(scene.mail.carried) == len(hooks) == 3
        assert {hook["type"] for hook in hooks} == {"concernhub.heartbeat.v1"}
        assert {hook["data"]["well"] for hook in hooks} == {True}
        assert hooks[0]["data"]["counts"]["queued"] == queued > 0
        assert mailed(scene)[0].startswith("Concern Hub heartbeat: well\n")
        bodies = [one.delivery.body for one in (*scene.mail.carried, *scene.hooks.carried)]
        assert not any(b"Rosewood" in body or b"CANARY" in body.upper() for body in bodies)


@pytest.mark.parametrize("ever", [False, True])
async def test_B03_a_stalled_watch_is_said_by_mail_and_the_switch_hears_nothing(ever: bool) -> None:
    async with a_scene() as scene:
        beats, looked = heartbeat(scene)
        if ever:
            looked.append(scene.clock.now())
            await scene.pass_time(3 * MINUTE)

        vitals = await beats.beat()

        assert not vitals.well
        assert scene.hooks.carried == []
        (said,) = mailed(scene)
        assert said.startswith("Concern Hub heartbeat: NOT WELL\n")
        assert ("for 3 minutes" if ever else "not looked at the ladders yet") in said
        assert beats.counts().withheld == 1


async def test_B03_while_the_register_is_away_no_figure_is_told_and_the_switch_rings() -> None:
    async with a_scene() as scene:
        beats, looked = heartbeat(scene)
        looked.append(scene.clock.now())
        scene.line.away.add("depths")

        vitals = await beats.beat()

        assert (dict(vitals.counts), scene.hooks.carried) == ({}, [])
        (said,) = mailed(scene)
        assert "NOT WELL" in said
        assert "the register does not answer" in said
        assert "queued" not in said


async def test_B03_one_channel_that_fails_does_not_silence_the_other() -> None:
    async with a_scene() as scene:
        beats, looked = heartbeat(scene)
        looked.append(scene.clock.now())
        scene.mail.then(OPERATIONS, LATER)

        await beats.beat()

        assert len(scene.hooks.carried) == 1
        counts = beats.counts()
        assert (counts.taken, counts.not_taken) == (1, 1)


async def test_B03_with_no_channel_it_ends_and_with_one_it_goes_on() -> None:
    async with a_scene() as scene:
        none, _ = heartbeat(scene, frozenset())
        one, looked = heartbeat(scene, frozenset({Channel.EMAIL}))
        assert (none.channels, one.channels) == (0, 1)
        async with running(scene, none, one):
            looked.append(scene.clock.now())
            await scene.pass_time(6 * MINUTE)
        assert (len(scene.mail.carried), len(scene.hooks.carried)) == (1, 0)


async def test_B03_it_goes_over_the_wire_by_a_mail_server_and_a_signed_webhook() -> None:
    mail, hooks, clock = MailCatcher(), WebhookCatcher(), SystemClock()
    await mail.start()
    await hooks.start()
    async with a_scene() as scene:
        by_mail = SmtpCarrier(mail.url, domain="hub.example", key=b"k" * 32, clock=clock)
        by_hook = WebhookCarrier(clock=clock)
        url = hooks.url("/beat")
        beats = Heartbeat(
            scene.register,
            {Channel.EMAIL: by_mail, Channel.WEBHOOK: by_hook},
            clock,
            RandomMint(),
            sender=scene.tools.sender,
            where=where(ALL, url, int(url.split(":")[2].split("/")[0])),
            watched=clock.now,
        )
        try:
            await beats.beat()
            (caught,) = await mail.until(1)
            (call,) = await hooks.until(1)
        finally:
            await by_mail.close()
            await by_hook.close()
            await mail.stop()
            await hooks.stop()

    assert caught.recipients == ("operations@hub.example",)
    assert b"Subject: Concern Hub heartbeat: well\r\n" in caught.content
    signed = Webhook(b"heartbeat heartbeat heartbeat").verify(call.body, call.headers)
    assert signed["data"]["well"] is True
    assert beats.counts().taken == 2


def settings(**values: object) -> Settings:
    return Settings.model_validate(values)


def test_the_settings_name_a_mailbox_and_a_switch_or_are_refused(tmp_path: Path) -> None:
    keys = json.dumps({OPERATIONS: [KEY]})
    url = "https://switch.example:8443/beat"
    both = operations(
        settings(heartbeat_mail="ops@hub.example", heartbeat_url=url, endpoint_keys=keys)
    )

    assert [contact.address for contact in both.contacts] == ["ops@hub.example"]
    (endpoint,) = both.endpoints
    assert (endpoint.hosts, endpoint.ports, len(endpoint.keys)) == (("switch.example",), (8443,), 1)
    neither = operations(settings())
    assert (neither.contacts, neither.endpoints) == ((), ())
    with pytest.raises(NoMailbox):
        operations(settings(heartbeat_mail="a@b, c@d"))
    with pytest.raises(KeysUnusable):
        operations(settings(heartbeat_url=url))
    with pytest.raises(ValueError, match="https"):
        settings(heartbeat_url="http://switch.example/")


async def test_a_running_hub_counts_its_heartbeats(tmp_path: Path) -> None:
    hub = await open_hub(Settings(data_dir=tmp_path, web_port=0), ("web", "watch"))
    try:
        assert hub.parts.heartbeat.channels == 0
    finally:
        await hub.close()


async def test_B03_of_many_processes_one_speaks_and_where_nobody_can_say_each_does() -> None:
    async def second() -> bool:
        return False

    async def unknown() -> bool:
        raise RegisterAway

    for first, mails in ((second, 0), (unknown, 1)):
        async with a_scene() as scene:
            beats, looked = heartbeat(scene, first=first)
            looked.append(scene.clock.now())

            async with running(scene, beats, scene.watch()):
                await scene.pass_time(6 * MINUTE)

            assert len(scene.mail.carried) == mails
