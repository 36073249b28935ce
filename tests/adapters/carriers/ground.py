"""What the carriers' tests share: deliveries, directories, certificates, a clock that stands."""

import hashlib
from datetime import UTC, datetime, timedelta

from hub.adapters.clock import RandomMint
from hub.concern import Party
from hub.directory import Agency, Contact, Directory, Endpoint, EndpointKey
from hub.notice import Delivery, Leased
from hub.vocabulary import (
    AgencyId,
    AttemptId,
    Channel,
    ConcernId,
    ContactId,
    DeliveryId,
    EndpointId,
    InfoClass,
    Lane,
    NoticeId,
    Role,
)

NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
SURREY = AgencyId("gss:E10000030")
DESK = ContactId("surrey-adults")
HOOK = EndpointId("surrey-hook")
KEY = EndpointKey(id="k1", secret=b"k" * 32)
VERP_KEY = b"v" * 32
MAIL = (
    b"From: Safeguarding <concerns@hub.test>\r\n"
    b"To: Adults duty desk <duty@agency.test>\r\n"
    b"Subject: PC-2026-0001\r\n"
    b"Date: Mon, 15 Jun 2026 09:30:00 +0000\r\n"
    b"Message-ID: <d@hub.test>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
    b"A concern has been opened.\r\n"
    b".\r\n"
    b"..two dots\r\n"
    b".hidden\r\n"
    b"\r\n"
    b"Ring the duty desk.\r\n"
)
EVENT = b'{"specversion":"1.0","id":"n1","data":{"reference":"PC-2026-0001"}}'

_MINT = RandomMint()


class StandingClock:
    """A clock that stands still."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def leased(
    body: bytes,
    *,
    channel: Channel = Channel.EMAIL,
    target: ContactId | EndpointId | None = None,
    sha256: str | None = None,
) -> Leased:
    """A delivery in our hands, with ids of its own."""
    delivery = Delivery(
        id=DeliveryId(_MINT.id()),
        notice=NoticeId(_MINT.id()),
        concern=ConcernId("PC-2026-0001"),
        party=Party(agency=SURREY, role=Role.PLACING_AUTHORITY),
        channel=channel,
        target=target or (DESK if channel is not Channel.WEBHOOK else HOOK),
        dest="test",
        lane=Lane.STANDARD,
        classes=frozenset({InfoClass.PROCESS}),
        body=body,
        sha256=sha256 or hashlib.sha256(body).hexdigest(),
        due_at=NOW,
    )
    return again(delivery)


def again(delivery: Delivery) -> Leased:
    """The same delivery, leased for another try."""
    return Leased(
        delivery=delivery,
        attempt=AttemptId(_MINT.id()),
        token=1,
        attempts=0,
        first_tried_at=None,
        expires_at=NOW + timedelta(minutes=20),
    )


def mailboxes(*addresses: str, domains: tuple[str, ...] = ()) -> Directory:
    """A directory with one mailbox an address; the first is the desk's."""
    contacts = tuple(
        Contact(
            id=DESK if number == 0 else ContactId(f"surrey-{number}"),
            agency=SURREY,
            roles=frozenset({Role.PLACING_AUTHORITY}),
            name="Adults duty desk",
            address=address,
        )
        for number, address in enumerate(addresses)
    )
    agency = Agency(id=SURREY, name="Surrey", mail_domains=domains)
    return Directory(agencies=(agency,), contacts=contacts)


def endpoint(
    url: str,
    *,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    ports: tuple[int, ...] | None = None,
    private: tuple[str, ...] = ("127.0.0.0/8",),
    keys: tuple[EndpointKey, ...] = (KEY,),
    parked: bool = False,
) -> Directory:
    """A directory with one webhook, which by default may live on this machine."""
    port = url.rpartition(":")[2].partition("/")[0]
    return Directory(
        agencies=(Agency(id=SURREY, name="Surrey"),),
        endpoints=(
            Endpoint(
                id=HOOK,
                agency=SURREY,
                roles=frozenset({Role.PLACING_AUTHORITY}),
                url=url,
                hosts=hosts,
                ports=ports or ((int(port),) if port.isdigit() else (443,)),
                private_networks=private,
                keys=keys,
                parked=parked,
            ),
        ),
    )
