"""One mail, one recipient, one transaction: MAIL, RCPT, DATA, content, dot, each on its own.

Where the relay offers PIPELINING (RFC 2920), MAIL, RCPT and DATA go in one piece. Each is answered
on its own all the same, and the content waits for the answer to DATA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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


class _Question(NamedTuple):
    phase: Phase
    command: bytes
    within: float
    """Seconds until it must be answered."""


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
    questions = (
        _Question(Phase.MAIL, envelope.mail(offered), patience.command),
        _Question(Phase.RCPT, envelope.rcpt(offered), patience.command),
        _Question(Phase.DATA, b"DATA", patience.data),
    )
    if connection.pipelines:
        return await _at_once(connection, questions, patience)
    return await _in_turn(connection, questions, patience)


async def _in_turn(
    connection: Connection, questions: tuple[_Question, ...], patience: Patience
) -> Denied | None:
    for phase, command, within in questions:
        reply = await connection.ask(phase, command, within=within)
        if not _granted(phase, reply):
            denied = _denied(phase, reply)
            if reply.code != 421:
                await _reset(connection, patience)
            return denied
    return None


async def _at_once(
    connection: Connection, questions: tuple[_Question, ...], patience: Patience
) -> Denied | None:
    """Ask all in one piece, and hear what each is answered, in their order.

    The first that is refused is the verdict. What follows it is read, since it is owed. It may stay
    away, which costs the connection; but what can be no answer to its question shows that the
    replies are not in their order, and then nobody knows what was refused: Trouble.

    Where the relay refuses MAIL or RCPT and waits for the content all the same (354), the
    connection is cut: one that is lost before the dot has brought no mail (RFC 5321, 4.1.1.10). The
    lone dot that RFC 2920 (3.1) advises is never sent: it would ask a relay that has lost count to
    take an empty mail, for whomever it believes to have been named.
    """
    connection.send(questions[0].phase, *(question.command for question in questions))
    denied: Denied | None = None
    reply: Reply
    for phase, _, within in questions:
        try:
            reply = await connection.hear(phase, within=patience.connect if denied else within)
        except Trouble as trouble:
            if denied and trouble.silent:
                return denied
            raise
        if not _granted(phase, reply):
            refused = _denied(phase, reply)
            denied = denied or refused
            if reply.code == 421:
                return denied
    if denied and reply.code != 354:
        await _reset(connection, patience)
    return denied


def _granted(phase: Phase, reply: Reply) -> bool:
    return reply.code == 354 if phase is Phase.DATA else reply.code // 100 == 2


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


async def _reset(connection: Connection, patience: Patience) -> None:
    """Make the connection fit for the next mail; if that fails, it is thrown away."""
    try:
        reply = await connection.ask(Phase.MAIL, b"RSET", within=patience.connect)
    except Trouble:
        return
    connection.clean = reply.code == 250
