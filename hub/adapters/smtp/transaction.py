"""One mail, one recipient, one transaction: MAIL, RCPT, DATA, content, dot, each on its own."""

from __future__ import annotations

from dataclasses import dataclass

from hub.adapters.smtp.classify import Phase, Reply, Verdict, verdict
from hub.adapters.smtp.connection import Connection, Patience
from hub.adapters.smtp.envelope import Envelope
from hub.adapters.smtp.trouble import Trouble
from hub.failpoint import failpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The relay has taken the mail, and answers for it now."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The relay has answered, and has not taken the mail."""

    phase: Phase
    reply: Reply
    verdict: Verdict

    @property
    def hung_up(self) -> bool:
        """Whether the server ended the session instead of taking another mail."""
        return self.phase is Phase.MAIL and self.reply.code == 421


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The whole mail went out, and no answer was read that says what became of it."""

    sentence: str
    reply: Reply | None = None


Ended = Taken | Denied | Doubt


async def transact(connection: Connection, envelope: Envelope, patience: Patience) -> Ended:
    """Hand one mail to the relay. Raises Trouble where it broke off before the final dot.

    The connection is left clean only if the conversation ended where the next may begin.
    """
    connection.clean = False
    denied = await _introduce(connection, envelope, patience)
    if denied is not None:
        return denied
    failpoint("send.before")
    early = await connection.content(envelope.message, within=patience.content)
    if early is not None:
        return _denied(Phase.CONTENT, early)
    ended = await _conclude(connection, patience)
    failpoint("send.after")
    return ended


async def _introduce(
    connection: Connection, envelope: Envelope, patience: Patience
) -> Denied | None:
    offered = connection.extensions
    mail = await connection.ask(Phase.MAIL, envelope.mail(offered), within=patience.command)
    if mail.code // 100 != 2:
        return await _turned_away(connection, Phase.MAIL, mail, patience)
    rcpt = await connection.ask(Phase.RCPT, envelope.rcpt(offered), within=patience.command)
    if rcpt.code // 100 != 2:
        return await _turned_away(connection, Phase.RCPT, rcpt, patience)
    data = await connection.ask(Phase.DATA, b"DATA", within=patience.data)
    if data.code != 354:
        return await _turned_away(connection, Phase.DATA, data, patience)
    return None


async def _conclude(connection: Connection, patience: Patience) -> Ended:
    try:
        await connection.dot(within=patience.content)
        failpoint("send.content")
        reply = await connection.verdict(within=patience.dot)
    except Trouble as trouble:
        return Doubt(sentence=trouble.sentence)
    if reply.code // 100 == 2:
        # Where more came than the answer, the pool throws the connection away: it is not `alive`.
        connection.clean = True
        return Taken(reply=reply)
    if reply.code // 100 in {4, 5}:
        connection.clean = reply.code != 421
        return _denied(Phase.DOT, reply)
    return Doubt(sentence="the mail server's answer to the mail makes no sense", reply=reply)


def _denied(phase: Phase, reply: Reply) -> Denied:
    if reply.code // 100 not in {4, 5}:
        raise Trouble(phase, "the mail server's reply makes no sense", reply=reply)
    return Denied(phase=phase, reply=reply, verdict=verdict(reply, phase))


async def _turned_away(
    connection: Connection, phase: Phase, reply: Reply, patience: Patience
) -> Denied:
    denied = _denied(phase, reply)
    if reply.code != 421:
        await _reset(connection, patience)
    return denied


async def _reset(connection: Connection, patience: Patience) -> None:
    """Make the connection fit for the next mail; if that fails, it is thrown away."""
    try:
        reply = await connection.ask(Phase.MAIL, b"RSET", within=patience.connect)
    except Trouble:
        return
    connection.clean = reply.code == 250
