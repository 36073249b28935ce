"""The servers that the other tests lean on do what is said of them."""

import smtplib
import socket
import subprocess
import sys
import time
from email import message_from_bytes
from pathlib import Path

import aio_pika
import asyncpg
import pytest
from pamqp.common import FieldTable

from tests.servers.ground import ServerBroken, ServerMissing, find, free_port, new_home, remove_home
from tests.servers.postfix import Postfix
from tests.servers.postgres import Postgres
from tests.servers.rabbit import Rabbit
from tests.servers.warden import Leash

_QUORUM: FieldTable = {"x-queue-type": "quorum"}


async def _round_trip(url: str, body: bytes) -> bytes:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True, arguments=_QUORUM)
        await channel.default_exchange.publish(aio_pika.Message(body), routing_key="kept")
        message = await queue.get(timeout=10)
        assert message is not None
        await message.ack()
        return message.body


async def test_a_quorum_queue_takes_and_gives_a_message(broker_url: str) -> None:
    assert await _round_trip(broker_url, b"told") == b"told"


def test_two_tests_never_share_a_virtual_host(rabbit: Rabbit, amqp_url: str) -> None:
    assert rabbit.url != amqp_url
    assert rabbit.vhost in rabbit.ctl("list_vhosts")


async def test_a_user_may_publish_with_his_own_topics_only(rabbit: Rabbit) -> None:
    async with await aio_pika.connect(rabbit.url) as owner:
        channel = await owner.channel()
        await channel.declare_exchange("events", aio_pika.ExchangeType.TOPIC, durable=True)
    url = rabbit.add_user("anyshire", write="^events$", topics={"events": (r"^anyshire\.", "")})

    async with await aio_pika.connect(url) as publisher:
        channel = await publisher.channel()
        exchange = await channel.get_exchange("events", ensure=False)
        await exchange.publish(aio_pika.Message(b""), "anyshire.closed", mandatory=False)
        with pytest.raises(aio_pika.exceptions.ChannelClosed):
            await exchange.publish(aio_pika.Message(b""), "othershire.closed", mandatory=False)


async def test_a_killed_node_comes_back_with_what_it_confirmed(rabbit: Rabbit) -> None:
    async with await aio_pika.connect(rabbit.url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments=_QUORUM)
        lasting = aio_pika.Message(b"told", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(lasting, routing_key="kept")
        rabbit.kill()
    rabbit.start()

    async with await aio_pika.connect(rabbit.url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("kept", ensure=False)
        message = await queue.get(timeout=20)

    assert message is not None
    assert message.body == b"told"


async def test_each_test_has_an_empty_database(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    try:
        tables = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()

    assert tables == 0


def test_a_template_is_prepared_once_and_copied(postgres: Postgres) -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        postgres.sql("CREATE TABLE told (party text)", url=url)

    copies = [postgres.new_database(postgres.template("told", prepare)) for _ in range(2)]

    assert len(prepared) == 1
    for copy in copies:
        assert postgres.sql("SELECT count(*) AS n FROM told", url=copy) == [{"n": 0}]


def test_a_killed_cluster_comes_back_with_what_it_committed(postgres: Postgres) -> None:
    url = postgres.new_database()
    postgres.sql("CREATE TABLE told (party text)", url=url)

    postgres.kill()
    with pytest.raises(OSError, match="Connect call failed"):
        postgres.sql("SELECT 1", url=url)
    postgres.start()

    assert postgres.sql("SELECT count(*) AS n FROM told", url=url) == [{"n": 0}]


def _send(postfix: Postfix, recipient: str, *options: str) -> None:
    with smtplib.SMTP(postfix.host, postfix.port, timeout=10) as smtp:
        smtp.sendmail(
            "bounce+1@hub.test", [recipient], b"Subject: A\r\n\r\nB\r\n", rcpt_options=options
        )


def test_mail_arrives_for_whom_the_envelope_says(postfix: Postfix) -> None:
    _send(postfix, "leo@agency.test")

    (mail,) = postfix.messages(1)

    assert mail.recipient == "leo@agency.test"
    assert b"Subject: A" in mail.raw


@pytest.mark.parametrize(
    ("recipient", "code", "status"),
    [("refuses@agency.test", 550, b"5.1.1"), ("later@agency.test", 450, b"4.2.0")],
)
def test_a_mailbox_can_refuse_in_the_dialogue(
    postfix: Postfix, recipient: str, code: int, status: bytes
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        _send(postfix, recipient)

    answer = refused.value.recipients[recipient]
    assert answer[0] == code
    assert answer[1].startswith(status)


def test_a_mail_can_bounce_after_it_was_accepted(postfix: Postfix) -> None:
    _send(postfix, "bounces@agency.test")

    (report,) = postfix.messages(1)

    assert report.recipient == "bounce+1@hub.test"
    assert message_from_bytes(report.raw).get_content_type() == "multipart/report"
    assert b"Status: 5.1.1" in report.raw


async def test_success_is_notified_where_it_is_asked_for(postfix: Postfix) -> None:
    _send(postfix, "leo@agency.test", "NOTIFY=SUCCESS")

    mails = await postfix.arrived(2)

    assert {mail.recipient for mail in mails} == {"leo@agency.test", "bounce+1@hub.test"}


def test_a_frozen_mail_server_is_silent_until_it_goes_on(postfix: Postfix) -> None:
    postfix.pause()
    with pytest.raises((TimeoutError, smtplib.SMTPException)):
        smtplib.SMTP(postfix.host, postfix.port, timeout=0.3)
    postfix.resume()

    _send(postfix, "leo@agency.test")

    assert postfix.messages(1)


def test_a_server_that_is_nowhere_is_missed_and_the_ways_are_named() -> None:
    with pytest.raises(ServerMissing, match=r"(?s)nosuchd.*apt-get install.*HUB_TEST_X"):
        find("nosuchd-server", package="nosuchd", variable="HUB_TEST_X")


def test_a_server_that_does_not_get_ready_is_named_with_what_it_said() -> None:
    home = new_home("never")
    never = Leash(["sh", "-c", "echo I cannot"], ready="ready", log=home / "log")
    try:
        with pytest.raises(ServerBroken, match="I cannot"):
            never.start()
    finally:
        remove_home(home)


def test_a_server_dies_with_the_run_that_started_it() -> None:
    port = free_port()
    run = f"""
import os, pathlib, sys, tempfile
from tests.servers.warden import Leash
serve = (
    "import socket; s = socket.create_server(('127.0.0.1', {port}));"
    "print('up', flush=True); s.accept()"
)
log = pathlib.Path(tempfile.mkdtemp()) / "log"
Leash([sys.executable, "-c", serve], ready="up", log=log).start()
print("started", flush=True)
os.kill(os.getpid(), 9)
"""
    with subprocess.Popen(
        [sys.executable, "-c", run], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as killed:
        said, _ = killed.communicate(timeout=30)

    assert said.strip() == "started"
    assert _is_free_within(10, port)


def _is_free_within(seconds: float, port: int) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return True
    return False
