"""What the carriers that hand over to somebody's service do alike, whatever the service."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod

from hub.adapters.service import Service
from hub.adapters.webhook.wire import Answer, Try
from hub.directory import Contact, Directory
from hub.notice import Deferred, Delivery, InDoubt, Leased, Outcome, Refused, RefusedBecause
from hub.ports import Clock
from hub.vocabulary import ContactId


class ByService(ABC):
    """A carrier by way of one service. `called`: what the service is called in outcomes.

    `closed` and `nobody` are what is said where this carrier is closed, and where the directory
    has no usable contact any more.
    """

    def __init__(
        self, service: Service, clock: Clock, *, called: str, closed: str, nobody: str
    ) -> None:
        self._service = service
        self._clock = clock
        self._called = called
        self._closed = closed
        self._nobody = nobody

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        """Hand it over once, under an id that stays the same; what the answer means is judged.

        Where the request went out and no whole answer came, InDoubt: the same bytes go again under
        the same id.
        """
        delivery = leased.delivery
        contact = directory.contact(ContactId(delivery.target))
        if self._service.closed:
            return self._deferred(self._closed)
        if contact is None or not contact.usable:
            return self._refused(RefusedBecause.ADDRESS, self._nobody)
        if (stopped := self._stopped(delivery, contact)) is not None:
            return stopped
        if hashlib.sha256(delivery.body).hexdigest() != delivery.sha256:
            says = "the stored bytes are not those that were composed"
            return self._refused(RefusedBecause.CONFIGURATION, says)
        if (known := await self._known(leased)) is not None:
            return known
        running, broken = await self._hand_over(delivery, contact)
        if running.answer is not None:
            return self._judged(running.answer, delivery)
        return self._broken(running, broken, delivery)

    async def ready(self) -> str | None:
        """Return None: nothing is asked of the service for nothing."""
        return self._closed if self._service.closed else None

    async def close(self) -> None:
        """Give back every connection."""
        await self._service.close()

    @abstractmethod
    def _stopped(self, delivery: Delivery, contact: Contact) -> Outcome | None:
        """Say what keeps this delivery from going out by this service at all, if anything does."""

    async def _known(self, leased: Leased) -> Outcome | None:  # noqa: ARG002  # some can be asked
        """Return what the service says it has of an earlier try; None: hand it over."""
        return None

    @abstractmethod
    async def _hand_over(
        self, delivery: Delivery, contact: Contact
    ) -> tuple[Try, Exception | None]:
        """Hand it over; return what is known of the try, and what broke."""

    @abstractmethod
    def _judged(self, answer: Answer, delivery: Delivery) -> Outcome:
        """Say what a whole answer means."""

    @abstractmethod
    def _shown(self, answer: Answer) -> str:
        """Return what of an answer is kept as evidence."""

    def _evidence(
        self, delivery: Delivery, phase: str, answer: Answer | None = None
    ) -> tuple[tuple[str, str], ...]:
        found = [("phase", phase)]
        if answer is not None:
            found += [("status", str(answer.status)), ("reply", self._shown(answer))]
        found += [("size", str(len(delivery.body))), ("sha256", delivery.sha256)]
        return tuple(found)

    def _broken(self, running: Try, error: Exception | None, delivery: Delivery) -> Outcome:
        """Say what a try without an answer means."""
        now = self._clock.now()
        if running.sent:
            detail = f"sent, and the answer of {self._called} was not read"
            return InDoubt(at=now, detail=detail, evidence=self._evidence(delivery, "body"))
        why = "no answer in time from" if isinstance(error, TimeoutError) else "no connection to"
        evidence = self._evidence(delivery, "connect")
        return Deferred(at=now, detail=f"{why} {self._called}", evidence=evidence)

    def _deferred(self, detail: str) -> Deferred:
        now = self._clock.now()
        return Deferred(at=now, detail=detail, evidence=(("phase", "check"),), ours=True)

    def _refused(self, because: RefusedBecause, detail: str) -> Refused:
        now, evidence = self._clock.now(), (("phase", "check"),)
        return Refused(at=now, detail=detail, evidence=evidence, because=because)
