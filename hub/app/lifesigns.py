"""What the hub says of itself, as the settings say: its signs of life, and the weekly drill."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.endpoint_keys import endpoint_keys
from hub.adapters.secrets import KeysUnusable
from hub.app.ways import sender, worker_name
from hub.calendar import Calendar
from hub.compose.mime import fit_address
from hub.directory import Agency, Contact, Directory, Endpoint
from hub.drill import Drill
from hub.heartbeat import OPERATIONS, Heartbeat
from hub.liveness import Liveness
from hub.ports import Carrier, Register
from hub.settings import Settings
from hub.vocabulary import AgencyId, Channel, ContactId, EndpointId, HubError
from hub.watch import Watch


class NoMailbox(HubError):
    """HUB_HEARTBEAT_MAIL is not one plain mail address."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Makes what speaks for the hub itself: its heartbeat, and the drill of each week."""

    settings: Settings
    public_url: str
    register: Register
    clock: SystemClock
    mint: RandomMint
    roles: Collection[str]
    """Of this process."""
    worker: str = field(default_factory=worker_name)
    """This process, as the others know it."""

    def liveness(self) -> Liveness:
        """Return what says to the other processes that this one lives."""
        return Liveness(self.register, self.clock, worker=self.worker, roles=self.roles)

    def heartbeat(self, carriers: Mapping[Channel, Carrier], watch: Watch) -> Heartbeat:
        """Return what says that the hub lives. Raises NoMailbox and KeysUnusable."""
        return Heartbeat(
            self.register,
            carriers,
            self.clock,
            self.mint,
            sender=sender(self.settings, self.public_url),
            where=operations(self.settings),
            watched=lambda: watch.looked_at,
            first=lambda: self.register.is_first(self.worker, "watch"),
            every=timedelta(minutes=self.settings.heartbeat_minutes),
        )

    def drill(self, calendars: Callable[[], Mapping[str, Calendar]]) -> Drill:
        """Return what starts each week's drill, on a day that the first pack calls worked."""
        return Drill(
            self.register,
            self.clock,
            self.mint,
            sender=sender(self.settings, self.public_url),
            weekday=self.settings.drill_day,
            hour=self.settings.drill_hour,
            calendar=lambda: next(iter(calendars().values())),
        )


def operations(settings: Settings) -> Directory:
    """Return the directory of whoever runs the hub: a mailbox and a switch, where they are set.

    Raises NoMailbox, and KeysUnusable where the switch has no key.
    """
    agency = AgencyId(OPERATIONS)
    return Directory(
        agencies=(Agency(id=agency, name="Whoever runs the hub"),),
        contacts=_mailbox(settings, agency),
        endpoints=_switch(settings, agency),
        publishers=(),
    )


def _mailbox(settings: Settings, agency: AgencyId) -> tuple[Contact, ...]:
    address = settings.heartbeat_mail
    if address is None:
        return ()
    if not fit_address(address):
        raise NoMailbox
    contact = Contact(
        id=ContactId(OPERATIONS), agency=agency, roles=frozenset(), name="", address=address
    )
    return (contact,)


def _switch(settings: Settings, agency: AgencyId) -> tuple[Endpoint, ...]:
    if settings.heartbeat_url is None:
        return ()
    url = settings.heartbeat_url.get_secret_value()
    given = settings.endpoint_keys.get_secret_value() if settings.endpoint_keys else None
    keys = endpoint_keys(given).get(EndpointId(OPERATIONS), ())
    if not keys:
        raise KeysUnusable(f"endpoint keys: {OPERATIONS}: the switch of HUB_HEARTBEAT_URL has none")
    parts = urlsplit(url)
    endpoint = Endpoint(
        id=EndpointId(OPERATIONS),
        agency=agency,
        roles=frozenset(),
        url=url,
        hosts=(parts.hostname or "",),
        ports=(parts.port or 443,),
        keys=keys,
    )
    return (endpoint,)
