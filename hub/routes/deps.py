"""What the web's handlers work with, and the headers that every response carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from aiohttp import web
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry

from hub.answers import Answers
from hub.attestation.keys import PublicKey
from hub.directory import Directory
from hub.figures import Report
from hub.intake.took import TookIn
from hub.plan import Tools
from hub.ports import Carrier, Clock, Received, Register, Signer
from hub.routes.bench import Bench
from hub.routes.policy import Policy
from hub.routes.sessions import SignsIn
from hub.routes.style import Style, read_style
from hub.vocabulary import PublisherId
from hub.watch.about import ToolsFor

BODY_BYTES: Final = 64 * 1024
"""No form and no acknowledgement is longer; `/v1/events` has a limit of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How the web is reached from outside."""

    public_url: str
    """Scheme, host and port that people type, such as `https://hub.example`, without a path."""
    body_seconds: float = 10.0
    """How long a body may take to arrive: a stalled one is never cut otherwise."""
    head_seconds: float = 10.0
    """How long the head of a request may take to arrive, once it has begun."""
    answer_seconds: float = 60.0
    """How long a peer may take to read an answer."""
    requests_a_minute: int = 600
    """What one key, person or address may send to the API, and one person to the pages."""
    events_a_minute: int = 6_000
    """What one publisher may send by HTTP."""
    largest_body: int = 256 * 1024
    """What aiohttp itself refuses; handlers of ours stop at BODY_BYTES."""

    @property
    def https(self) -> bool:
        """Whether people reach the hub by TLS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def host(self) -> str:
        """Return host and port as browsers send them in `Host`."""
        return urlsplit(self.public_url).netloc.lower()

    @property
    def hosts(self) -> frozenset[str]:
        """Return every name under which this machine itself may ask for the screens."""
        port = urlsplit(self.public_url).port
        behind = f":{port}" if port else ""
        return frozenset(
            {self.host, *(f"{n}{behind}" for n in ("localhost", "127.0.0.1", "[::1]"))}
        )

    @property
    def origin(self) -> str:
        """Return the origin as browsers send it (RFC 6454)."""
        return f"{urlsplit(self.public_url).scheme}://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Everything the web's handlers need, handed in by the composition root."""

    register: Register
    answers: Answers
    clock: Clock
    settings: WebSettings
    sign_in: SignsIn | None
    """None: nobody can sign in, and every screen answers 404."""
    readiness: Callable[[], Awaitable[tuple[str, ...]]]
    """Returns every reason why the hub is not ready; empty means it is."""
    metrics: CollectorRegistry
    """Counters of the other parts; the gauges are made from `register.depths()`."""
    take_in: Callable[[Sequence[Received]], Awaitable[tuple[TookIn, ...]]] | None = None
    """What takes events in by HTTP; None: they come by the broker alone."""
    publisher_for: Callable[[str], PublisherId | None] | None = None
    """Returns whose API key this is."""
    figures: Callable[[], Awaitable[Report | None]] | None = None
    """Returns the figures of the last days, or None while the first are being worked out.

    None in its place: this process does not work them out."""
    signer: Signer | None = None
    """Whose public key `/v1/keys` answers."""
    retired_keys: tuple[PublicKey, ...] = ()
    """The hub's older keys, which `/v1/keys` answers beside it."""
    beside: Callable[[], Awaitable[Mapping[str, object]]] | None = None
    """Returns what operators must know beside the reasons, and what stops nothing."""
    new_id: Callable[[], str] = lambda: uuid4().hex
    """Makes ids of orders."""
    tools_for: ToolsFor | None = None
    """Returns what the packs in force plan with; None: nothing is planned from here."""
    webhooks: Carrier | None = None
    """The way out of webhooks, for a ping; None: this process has none."""
    bench: Bench | None = None
    """Tries the rules out; None: nothing here can read packs."""
    policy: Callable[[], Policy] = Policy
    """Returns which policy is in force, and whether a newer one was refused."""
    style: Style = field(default_factory=read_style)
    """What the pages look like."""

    def planning(self, partnership: str, directory: Directory) -> Tools | None:
        """Return what this partnership's pack plans with; None: no pack of it is in force here."""
        return None if self.tools_for is None else self.tools_for(partnership, directory)


WEB: Final = web.AppKey("web", Web)
WHO: Final = web.RequestKey("who", str)
"""Under which a request has the id of whoever is signed in or calls, once that is known."""

RUNS_OUR_SCRIPT: Final = web.ResponseKey("runs_our_script", bool)
"""Whether a page runs the one script that the hub serves, and listens to the hub with it."""

_CSP: Final = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_CSP_WITH_OUR_SCRIPT: Final = f"{_CSP}; script-src 'self'; connect-src 'self'"


def secure(headers: CIMultiDict[str], *, https: bool, script: bool = False) -> None:
    """Put the security headers on, and take off what tells a stranger what we run."""
    headers.popall("Server", None)
    headers["Content-Security-Policy"] = _CSP_WITH_OUR_SCRIPT if script else _CSP
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault("Cache-Control", "no-store")
    if https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
