"""The ways in and out of a hub, as its settings say: the door, brokers, carriers, publishers."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from secrets import token_hex

import structlog

from hub.access import Official, Post
from hub.adapters.broker import RabbitBroker
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.facts_out import RabbitFacts
from hub.adapters.inbox import Inbox
from hub.adapters.mesh import Account, MeshCarrier
from hub.adapters.no_way import NoWay
from hub.adapters.notify import Account as NotifyAccount
from hub.adapters.notify import NotifyCarrier
from hub.adapters.oidc import Client, OidcProvider
from hub.adapters.secrets import made_once, publisher_keys
from hub.adapters.signing import retired_keys, signer
from hub.adapters.smtp import SmtpCarrier, reply_address, verp_delivery
from hub.adapters.topology import DEAD_QUEUE
from hub.adapters.webhook import WebhookCarrier
from hub.adapters.webhook.wire import tls_context
from hub.answers import Answers
from hub.app.books import Books
from hub.attestation.keys import PublicKey
from hub.compose import Sender
from hub.ports import Carrier, Register
from hub.ports.tracked import Tracker
from hub.returns import Returns
from hub.routes.organisation import OrganisationSignIn
from hub.routes.sessions import DevelopmentSignIn, SignsIn
from hub.settings import Settings
from hub.vocabulary import Channel, HubError, PublisherId

log = structlog.get_logger()


class DoorTaken(HubError):
    """The hub cannot listen there:"""  # noqa: D400  # the address follows


class IdentityUnusable(HubError):
    """The client certificate for MESH, with its key, cannot be read:"""  # noqa: D400  # the file follows


def listen(settings: Settings, stack: AsyncExitStack) -> socket.socket:
    """Bind where the web listens. Raises DoorTaken."""
    return _bound(settings.web_host, settings.web_port, stack)


def listen_inside(settings: Settings, stack: AsyncExitStack) -> socket.socket | None:
    """Bind where operators alone ask; None: they ask where the pages are. Raises DoorTaken."""
    if settings.health_port is None:
        return None
    return _bound(settings.health_host, settings.health_port, stack)


def _bound(host: str, port: int, stack: AsyncExitStack) -> socket.socket:
    where = (host, port)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        door = socket.create_server(where, family=family, backlog=256)
    except OSError as error:
        raise DoorTaken(f"{host}:{port}: {error.strerror}") from error
    stack.callback(door.close)
    return door


def address_of(door: socket.socket) -> str:
    """Return where a bound socket is reached on this machine."""
    host, port = door.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """Where mail that comes back is taken in, and what reads it."""

    inbox: Inbox
    returns: Returns


def way_back(
    settings: Settings,
    register: Register,
    clock: SystemClock,
    mint: RandomMint,
    stack: AsyncExitStack,
) -> WayBack | None:
    """Bind where returned mail comes in; None where the settings name no port. Raises DoorTaken."""
    if not settings.inbox_port:
        return None
    names = partial(verp_delivery, domain=settings.mail_domain, key=secret(settings))
    door = _bound(settings.inbox_host, settings.inbox_port, stack)
    return WayBack(
        inbox=Inbox(register, clock, mint, door, names=names, host_name=settings.mail_domain),
        returns=Returns(
            register,
            clock,
            mint,
            names=names,
            domain=settings.mail_domain,
            trusted=settings.trusted_mtas,
        ),
    )


def sender(settings: Settings, public_url: str) -> Sender:
    """Return who the notices are from; replies come to the inbox, where there is one."""
    to_inbox = partial(reply_address, domain=settings.mail_domain, key=secret(settings))
    return Sender(
        from_name=settings.sender_name,
        from_address=settings.sender_address,
        message_id_domain=settings.mail_domain,
        public_url=public_url,
        source=settings.source,
        reply_to=to_inbox if settings.inbox_port else None,
    )


def worker_name() -> str:
    """Name this process for the attempts it writes down; never an address, and never twice.

    In a container the same process number comes again after each start.
    """
    return f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"


def carriers(
    settings: Settings, clock: SystemClock, stack: AsyncExitStack
) -> dict[Channel, Carrier]:
    """Return the ways out, given back with the stack."""
    carriers: dict[Channel, Carrier] = {
        Channel.EMAIL: SmtpCarrier(
            settings.smtp_url.get_secret_value(),
            domain=settings.mail_domain,
            key=secret(settings),
            clock=clock,
            ca_file=settings.extra_ca_file,
            pipelining=settings.smtp_pipelining,
        ),
        Channel.CJSM: _secure_mail(settings, clock),
        Channel.MESH: _mesh(settings, clock),
        Channel.SMS: _texts(settings, clock),
        Channel.WEBHOOK: WebhookCarrier(clock=clock, ca_file=settings.extra_ca_file),
    }
    for carrier in carriers.values():
        stack.push_async_callback(carrier.close)
    return carriers


def trackers(carriers: Mapping[Channel, Carrier]) -> dict[Channel, Tracker]:
    """Return the ways out whose service can be asked what became of a message."""
    asked = (MeshCarrier, NotifyCarrier)
    return {way: each for way, each in carriers.items() if isinstance(each, asked)}


def _secure_mail(settings: Settings, clock: SystemClock) -> Carrier:
    """Return the way to `cjsm.net`: by its gateway alone, never by the relay of other mail."""
    if settings.cjsm_url is None:
        return NoWay("Criminal Justice Secure Mail", setting="HUB_CJSM_URL", clock=clock)
    return SmtpCarrier(
        settings.cjsm_url.get_secret_value(),
        domain=settings.mail_domain,
        key=secret(settings),
        clock=clock,
        channel=Channel.CJSM,
        ca_file=settings.extra_ca_file,
        pipelining=settings.cjsm_pipelining,
    )


def _mesh(settings: Settings, clock: SystemClock) -> Carrier:
    given = (settings.mesh_mailbox, settings.mesh_password, settings.mesh_shared_key)
    mailbox, password, key = given
    if settings.mesh_url is None or mailbox is None or password is None or key is None:
        return NoWay("MESH", setting="HUB_MESH_URL", clock=clock)
    account = Account(
        mailbox=mailbox,
        password=password.get_secret_value(),
        shared_key=key.get_secret_value().encode(),
    )
    tls = tls_context(settings.extra_ca_file)
    if settings.mesh_identity is not None:
        try:
            tls.load_cert_chain(settings.mesh_identity)
        except OSError as error:
            raise IdentityUnusable(str(settings.mesh_identity)) from error
    return MeshCarrier(
        settings.mesh_url, account=account, workflow=settings.mesh_workflow, clock=clock, tls=tls
    )


def _texts(settings: Settings, clock: SystemClock) -> Carrier:
    if settings.notify_account is None or settings.notify_template is None:
        return NoWay("telephones", setting="HUB_NOTIFY_KEY", clock=clock)
    service, proof = settings.notify_account
    return NotifyCarrier(
        settings.notify_url,
        account=NotifyAccount(service=service, secret=proof, template=settings.notify_template),
        clock=clock,
        tls=tls_context(settings.extra_ca_file),
    )


def secret(settings: Settings) -> bytes:
    """Return what bounce addresses are signed with: given, or made once and kept."""
    given = settings.secret.get_secret_value() if settings.secret else None
    return (given or made_once(settings.data_dir, "secret")).encode()


def answers(
    settings: Settings, register: Register, clock: SystemClock, mint: RandomMint
) -> Answers:
    """Return what takes answers, and signs confirmations. Raises KeysUnusable."""
    given = settings.signing_key.get_secret_value() if settings.signing_key else None
    return Answers(
        register=register, clock=clock, mint=mint, signer=signer(given, settings.data_dir)
    )


def older_keys(settings: Settings, answers: Answers) -> tuple[PublicKey, ...]:
    """Return the keys by which this hub signed before. Raises KeysUnusable."""
    current = "" if answers.signer is None else answers.signer.key
    return retired_keys(settings.signing_keys_retired, current)


def brokers(settings: Settings, clock: SystemClock, mint: RandomMint) -> tuple[RabbitBroker, ...]:
    """Return the brokers of the intake queue and of its dead letters; none without a broker."""
    if settings.amqp_url is None:
        return ()
    url = settings.amqp_url.get_secret_value()
    events = RabbitBroker(url, clock=clock, mint=mint)
    return events, RabbitBroker(url, clock=clock, mint=mint, queue=DEAD_QUEUE)


def facts_out(settings: Settings, stack: AsyncExitStack) -> RabbitFacts | None:
    """Return the way out of facts, given back with the stack; None without a broker."""
    if settings.amqp_url is None:
        return None
    out = RabbitFacts(settings.amqp_url.get_secret_value())
    stack.push_async_callback(out.close)
    return out


async def publishers(settings: Settings, register: Register) -> Callable[[str], PublisherId | None]:
    """Return who presents an API key: a publisher of the directory, or None."""
    known = frozenset(p.id for p in (await register.directory()).publishers)
    given = settings.publisher_keys.get_secret_value() if settings.publisher_keys else None
    return publisher_keys(given, settings.data_dir, known).publisher_for


async def sign_in(
    settings: Settings,
    register: Register,
    books: Books,
    people: tuple[Official, ...] | None,
    stack: AsyncExitStack,
) -> SignsIn | None:
    """Return how people sign in: by their organisation's accounts, or in development; or not.

    Posts at an agency that the directory does not have are said in the log: they see nothing.
    """
    given = (each.agency for posts in (settings.oidc_groups or {}).values() for each in posts)
    known = {agency.id for agency in (await register.directory()).agencies}
    for strange in sorted(set(given) - known):
        log.warning("sign.in.agency.unknown", agency=strange)
    return _organisation(settings, register, stack) or _development(settings, books, people)


def _organisation(
    settings: Settings, register: Register, stack: AsyncExitStack
) -> OrganisationSignIn | None:
    issuer, client, proof = (
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
    )
    if issuer is None or client is None or proof is None:
        return None
    provider = OidcProvider(
        Client(
            issuer=issuer,
            client_id=client,
            client_secret=proof.get_secret_value(),
            groups_claim=settings.oidc_groups_claim,
            name_claim=settings.oidc_name_claim,
        ),
        tls=tls_context(settings.extra_ca_file),
    )
    stack.push_async_callback(provider.close)
    return OrganisationSignIn(
        provider=provider, sessions=register, posts=settings.oidc_groups or {}
    )


def _development(
    settings: Settings, books: Books, people: tuple[Official, ...] | None
) -> DevelopmentSignIn | None:
    """Offer each post at each host authority that a pack knows, where that is allowed."""
    if not settings.development_sign_in:
        return None
    if people is not None:
        return DevelopmentSignIn(people=people)
    return DevelopmentSignIn(
        people=tuple(
            Official(id=f"{post}, {host}", name=f"A {post}", post=post, agency=host)
            for host in books.hosts()
            for post in Post
            if post not in {Post.AGENCY, Post.PROVIDER}
        )
    )
