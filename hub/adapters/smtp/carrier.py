"""Email: the stored bytes to one mailbox, by the relay, and what the relay said."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final, assert_never

from hub.adapters.smtp.classify import Phase, Reply
from hub.adapters.smtp.connection import Connection, Patience
from hub.adapters.smtp.envelope import Envelope, address_fault, message_fault
from hub.adapters.smtp.pool import Pool
from hub.adapters.smtp.relay import relay_at, tls_context
from hub.adapters.smtp.transaction import Denied, Doubt, Ended, Taken, transact
from hub.adapters.smtp.trouble import Trouble
from hub.adapters.smtp.verp import verp_address
from hub.directory import Directory
from hub.notice import (
    Accepted,
    Deferred,
    InDoubt,
    Leased,
    Outcome,
    Refused,
    RefusedBecause,
)
from hub.ports import Clock
from hub.vocabulary import Channel, ContactId, Rung

_Evidence = tuple[tuple[str, str], ...]
_LONGEST_REPLY = 1024
_IN_ONE_PIECE: Final = (Phase.MAIL, Phase.RCPT, Phase.DATA)
_TAKEN_BY: Final = {
    Channel.EMAIL: (Rung.SUBMITTED, "our mail server"),
    Channel.CJSM: (Rung.RELAYED, "the Secure Mail gateway"),
}


class SmtpCarrier:
    """The carrier for `Channel.EMAIL`, and for `Channel.CJSM` where the relay is that gateway.

    `url` is the relay (`relay_at` says which forms there are), `domain` the domain of the bounce
    addresses, `key` what signs them. `ca_file` is a certificate to trust beside the system's.
    `pipelining` may forbid what the relay offers (RFC 2920).
    Raises RelayUrlFault when made with a URL it cannot use.
    """

    def __init__(  # noqa: PLR0913  # each is one thing that an operator sets
        self,
        url: str,
        *,
        domain: str,
        key: bytes,
        clock: Clock,
        channel: Channel = Channel.EMAIL,
        local_name: str | None = None,
        ca_file: Path | None = None,
        size: int = 6,
        patience: Patience | None = None,
        pipelining: bool = True,
    ) -> None:
        self._relay = relay_at(url, pipelining=pipelining)
        self._domain = domain
        self._key = key
        self._clock = clock
        self._channel = channel
        self._patience = patience or Patience()
        self._pool = Pool(
            self._relay,
            tls_context(ca_file),
            local_name=(local_name or domain).encode("idna").decode("ascii"),
            size=size,
            patience=self._patience,
        )

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        """Hand the mail to the relay once.

        250 to the final dot is `submitted`, or `relayed` where it is the agencies' gateway that
        says so, and nothing higher: what the agency's own mail system does comes back later, as a
        delivery status notification (RFC 3464). Where the final dot
        was written and no answer was read, InDoubt. Whoever cancels this call cannot know either:
        a cancelled carry must be written down as in doubt.
        """
        envelope = self._envelope(leased, directory)
        if not isinstance(envelope, Envelope):
            return envelope
        try:
            ended, evidence = await self._hand_over(envelope)
        except Trouble as trouble:
            return self._troubled(trouble, envelope)
        return self._outcome(ended, evidence + self._evidence(envelope))

    async def ready(self) -> str | None:
        """Return None where the relay takes our connection, else one line that says why not."""
        try:
            await self._pool.probe()
        except Trouble as trouble:
            said = f" ({trouble.reply.code})" if trouble.reply else ""
            return f"mail relay {self._relay.name}: {trouble.sentence}{said}"
        return None

    async def close(self) -> None:
        """Give back every connection."""
        await self._pool.close()

    def _envelope(self, leased: Leased, directory: Directory) -> Envelope | Refused:
        delivery = leased.delivery
        contact = directory.contact(ContactId(delivery.target))
        if contact is None or not contact.usable:
            return self._refused(RefusedBecause.ADDRESS, "the directory has no such mailbox now")
        if contact.channel is not self._channel:
            says = f"the mailbox is reached by {contact.channel} now, and this went by another way"
            # Not the address's fault: the mailbox is well, and is not to be called dead.
            return self._refused(RefusedBecause.EGRESS, says)
        agency = directory.agency(contact.agency)
        if fault := address_fault(contact.address, agency.mail_domains if agency else ()):
            return self._refused(RefusedBecause.ADDRESS, fault)
        if hashlib.sha256(delivery.body).hexdigest() != delivery.sha256:
            return self._refused(
                RefusedBecause.CONFIGURATION, "the stored bytes are not those that were composed"
            )
        if fault := message_fault(delivery.body):
            return self._refused(RefusedBecause.CONFIGURATION, fault)
        return Envelope(
            sender=verp_address(delivery.id, domain=self._domain, key=self._key),
            recipient=contact.address,
            id=leased.attempt,
            # DATA cannot end but at the end of a line.
            message=delivery.body if delivery.body.endswith(b"\r\n") else delivery.body + b"\r\n",
        )

    async def _hand_over(self, envelope: Envelope) -> tuple[Ended, _Evidence]:
        """Use an idle connection; where it had gone before MAIL was taken, a new one, at once."""
        tried = await self._try(envelope, fresh=False)
        if tried is not None:
            return tried
        tried = await self._try(envelope, fresh=True)
        if tried is None:
            raise Trouble(Phase.MAIL, "the connection was lost")
        ended, evidence = tried
        return ended, (*evidence, ("reconnected", "an idle connection had gone"))

    async def _try(self, envelope: Envelope, *, fresh: bool) -> tuple[Ended, _Evidence] | None:
        """Return what the relay said; None where an idle connection had gone unnoticed."""
        async with self._pool.borrow(fresh=fresh) as connection:
            if lack := envelope.lacks(connection.extensions):
                # The next connection may be to another of its machines, which can do more.
                connection.clean = False
                raise Trouble(Phase.EHLO, lack, configuration=True).at(connection.evidence)
            try:
                ended = await transact(connection, envelope, self._patience)
            except Trouble as trouble:
                if connection.uses and trouble.phase is Phase.MAIL and trouble.gone:
                    return None
                raise trouble.at(_known(connection, trouble.phase)) from trouble.__cause__
            if connection.uses and isinstance(ended, Denied) and ended.hung_up:
                return None
            reached = ended.phase if isinstance(ended, Denied) else Phase.DOT
            return ended, _known(connection, reached)

    def _outcome(self, ended: Ended, evidence: _Evidence) -> Outcome:
        now = self._clock.now()
        match ended:
            case Taken(reply=reply):
                rung, who = _TAKEN_BY[self._channel]
                return Accepted(
                    at=now,
                    detail=f"accepted by {who} ({_codes(reply)})",
                    evidence=_spoken(Phase.DOT, reply) + evidence,
                    rung=rung,
                )
            case Doubt(sentence=sentence, reply=reply):
                return InDoubt(
                    at=now,
                    detail=f"sent, and no answer was read: {sentence}",
                    evidence=_spoken(Phase.DOT, reply) + evidence,
                )
            case Denied(phase=phase, reply=reply, verdict=found):
                detail = f"{found.sentence} ({_codes(reply)} at {phase})"
                said = _spoken(phase, reply) + evidence
                if found.because is not None:
                    return Refused(at=now, detail=detail, evidence=said, because=found.because)
                return self._later(now, detail, said, route=found.route, wrong=found.configuration)
            case _:
                assert_never(ended)

    def _troubled(self, trouble: Trouble, envelope: Envelope) -> Deferred:
        said = f" ({_codes(trouble.reply)})" if trouble.reply else ""
        return Deferred(
            at=self._clock.now(),
            detail=f"{trouble.sentence}{said}, at {trouble.phase}",
            evidence=(
                *_spoken(trouble.phase, trouble.reply),
                ("scope", "route"),
                *trouble.evidence,
                *self._evidence(envelope),
            ),
            ours=trouble.ours,
            configuration=trouble.configuration,
        )

    def _evidence(self, envelope: Envelope) -> _Evidence:
        return (
            ("relay", self._relay.name),
            ("sender", envelope.sender),
            ("recipient", envelope.recipient),
            ("envelope id", envelope.id),
            ("size", str(len(envelope.message))),
            ("sha256", hashlib.sha256(envelope.message).hexdigest()),
        )

    def _later(
        self, now: datetime, detail: str, evidence: _Evidence, *, route: bool, wrong: bool
    ) -> Deferred:
        return Deferred(
            at=now,
            detail=detail,
            evidence=(*evidence, ("scope", "route" if route else "recipient")),
            ours=wrong,
            configuration=wrong,
        )

    def _refused(self, because: RefusedBecause, detail: str) -> Refused:
        return Refused(
            at=self._clock.now(),
            detail=detail,
            evidence=(("phase", Phase.CHECK),),
            because=because,
        )


def _known(connection: Connection, reached: Phase) -> _Evidence:
    return connection.evidence + _asked(connection, reached) + _together(connection, reached)


def _asked(connection: Connection, reached: Phase) -> _Evidence:
    """Say whether word of what becomes of the mail was asked for; RCPT is what asks for it."""
    if "dsn" not in connection.extensions:
        return (("dsn", "not offered"),)
    return () if reached is Phase.MAIL else (("dsn", "asked for"),)


def _together(connection: Connection, reached: Phase) -> _Evidence:
    """Say what went in one piece, where it ended there, and each answer but the one that counts."""
    if connection.together is None or reached not in _IN_ONE_PIECE:
        return ()
    others = [(phase, reply) for phase, reply in connection.together if phase is not reached]
    return (
        ("in one piece", ", ".join(phase.upper() for phase in _IN_ONE_PIECE)),
        *((f"answer to {phase.upper()}", _said(reply)) for phase, reply in others),
    )


def _spoken(phase: Phase, reply: Reply | None) -> _Evidence:
    said: list[tuple[str, str]] = [("phase", phase)]
    if reply is not None:
        said.append(("code", str(reply.code)))
        said += [("enhanced", reply.enhanced)] if reply.enhanced else []
        said.append(("reply", printable(reply.text)))
        said += [("queue id", printable(reply.queue_id))] if reply.queue_id else []
    return tuple(said)


def printable(text: str, longest: int = _LONGEST_REPLY) -> str:
    """Return the wire's words without control characters, cut to `longest` characters."""
    cut = text[:longest]
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in cut)


def _said(reply: Reply) -> str:
    return f"{reply.code} {printable(reply.text)}".strip()


def _codes(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced}".strip()
