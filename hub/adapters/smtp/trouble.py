"""What goes wrong on the way to the relay, and how it is said."""

from __future__ import annotations

import ssl
from typing import Final, Self

from aiosmtplib.errors import SMTPResponseException

from hub.adapters.smtp.classify import Phase, Reply, Verdict, verdict
from hub.vocabulary import HubError

LOST: Final = "the connection was lost"
HUNG_UP: Final = "the mail server hung up"
RESET: Final = "the connection was reset"


class Trouble(HubError):
    """The mail conversation broke off."""

    def __init__(
        self,
        phase: Phase,
        sentence: str,
        *,
        reply: Reply | None = None,
        ours: bool = False,
        configuration: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.phase = phase
        self.sentence = sentence
        self.reply = reply
        self.ours = ours or configuration
        self.configuration = configuration
        self.evidence: tuple[tuple[str, str], ...] = ()

    def at(self, evidence: tuple[tuple[str, str], ...]) -> Self:
        """Keep what is known of the connection on which it happened."""
        self.evidence = evidence
        return self

    @property
    def gone(self) -> bool:
        """Whether the connection ended, with no word and no waiting in vain."""
        return self.reply is None and not isinstance(self.__cause__, TimeoutError)

    @property
    def silent(self) -> bool:
        """Whether nothing more was said: the connection ended, or the waiting was in vain."""
        unread = isinstance(self.__cause__, SMTPResponseException)
        return self.reply is None and self.__cause__ is not None and not unread

    @classmethod
    def of(cls, phase: Phase, reply: Reply) -> Trouble:
        """Return what a refusal of the connection itself means."""
        if reply.code // 100 not in {4, 5}:
            return cls(phase, "the mail server's reply makes no sense", reply=reply)
        found: Verdict = verdict(reply, phase)
        return cls(phase, found.sentence, reply=reply, configuration=found.configuration)


def uncovered(error: ssl.SSLError) -> Trouble:
    """Say why the connection could not be covered; nothing is ever sent without cover."""
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = f"the relay's certificate is not good: {error.verify_message.rstrip('.')}"
        return Trouble(Phase.STARTTLS, sentence, configuration=True)
    return Trouble(Phase.STARTTLS, "no TLS with the relay", configuration=True)


def lost(error: BaseException | None, ended: str = LOST) -> str:
    """Say in one line how a conversation ended; the wire's own words are no line for people.

    `ended` is how the connection did, where that is what happened.
    """
    match error:
        case SMTPResponseException():
            return "the mail server's reply cannot be read"
        case TimeoutError():
            return "the mail server did not answer in time"
        case ConnectionRefusedError():
            return "the relay refuses connections"
        case _:
            return ended
