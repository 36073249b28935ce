"""The carrier of text messages: what stops one before the wire, and what each answer means.

https://docs.notifications.service.gov.uk/rest-api.html. Never yet tried against the real service.
"""

from __future__ import annotations

import ssl
from typing import Final

import orjson

from hub.adapters.by_service import ByService
from hub.adapters.notify.said import fate_in, id_in, kept, kind_of_error, listed, read
from hub.adapters.notify.token import Account, bearer
from hub.adapters.service import Service
from hub.adapters.webhook.carrier import not_before
from hub.adapters.webhook.wire import Answer, Deadlines, Try
from hub.directory import Contact
from hub.notice import (
    Accepted,
    Deferred,
    Delivery,
    InDoubt,
    Leased,
    Outcome,
    Refused,
    RefusedBecause,
)
from hub.ports import Clock
from hub.ports.tracked import MESSAGE, Fate
from hub.vocabulary import Channel, InfoClass, Rung

_SEND: Final = "v2/notifications/sms"
_ASK: Final = "v2/notifications"
_LATER: Final = frozenset({408, 425, 429})
_BEHIND: Final = frozenset({502, 504})
"""Said by what stands before Notify: what is behind it may have taken the text."""


class NotifyCarrier(ByService):
    """The carrier for `Channel.SMS`. `url` is the base of the API.

    201 says that Notify has it, and is `submitted`: whether a telephone took it is asked later. The
    delivery's id is its `reference`. Notify drops no duplicate, so after a try in doubt it is asked
    first whether it has the text already. It may list a moment later what it has just taken, and
    lists seven days: a second text stays possible, and stays flagged.
    """

    def __init__(
        self,
        url: str,
        *,
        account: Account,
        clock: Clock,
        tls: ssl.SSLContext,
        deadlines: Deadlines | None = None,
    ) -> None:
        super().__init__(
            Service(url, tls=tls, deadlines=deadlines),
            clock,
            called="GOV.UK Notify",
            closed="the carrier of texts is closed",
            nobody="the directory has no such telephone now",
        )
        self._account = account

    async def track(self, message: str) -> Fate | None:
        """Ask what became of a text; None where Notify could not be asked.

        `delivered` is `relayed` and no more: a network says so, no person. The three failures: it
        will never arrive; only the permanent one is said of the number.
        """
        if self._service.closed:
            return None
        answer = await self._service.get(f"{_ASK}/{message}", self._headers())
        if answer is None or answer.status not in {200, 400, 404}:
            return None
        return fate_in(answer, self._clock.now())

    async def _known(self, leased: Leased) -> Outcome | None:
        return await self._taken_before(leased.delivery) if leased.maybe_sent else None

    async def _hand_over(
        self, delivery: Delivery, contact: Contact
    ) -> tuple[Try, Exception | None]:
        return await self._service.post(
            _SEND,
            self._headers(),
            self._request(delivery, contact.telephone),
            content_type="application/json",
        )

    def _shown(self, answer: Answer) -> str:
        return kept(answer)

    def _headers(self) -> dict[str, str]:
        token = bearer(self._account, self._clock.now())
        return {"Authorization": token, "Accept": "application/json"}

    def _request(self, delivery: Delivery, telephone: str) -> bytes:
        """Return the request: the stored bytes as they are, and around them where they go now."""
        return orjson.dumps(
            {
                "phone_number": telephone,
                "template_id": self._account.template,
                "reference": delivery.id,
                "personalisation": orjson.Fragment(delivery.body),
            }
        )

    def _stopped(self, delivery: Delivery, contact: Contact) -> Outcome | None:
        if contact.channel is not Channel.SMS:
            says = f"the contact is reached by {contact.channel} now, and this went by another way"
            return self._refused(RefusedBecause.EGRESS, says)
        if not contact.telephone:
            return self._refused(RefusedBecause.ADDRESS, "the contact's number is no telephone's")
        if not delivery.classes <= {InfoClass.PROCESS}:
            says = "a text tells that there is a message, and stands for none that says more"
            return self._refused(RefusedBecause.EGRESS, says)
        return None

    async def _taken_before(self, delivery: Delivery) -> Outcome | None:
        """Return what came of the try in doubt; None: Notify knows of no such text, so send it."""
        query = {"reference": delivery.id, "template_type": "sms"}
        answer = await self._service.get(_ASK, self._headers(), query)
        now = self._clock.now()
        if answer is None:
            detail = "a text may have gone, and Notify did not say whether it has"
            return Deferred(at=now, detail=detail, evidence=self._evidence(delivery, "asked"))
        texts = listed(read(answer), delivery.id) if answer.status == 200 else None
        if texts is None and answer.status != 404:
            return self._put_off(answer, delivery)
        if not texts:
            return None
        return Accepted(
            at=now,
            detail="Notify has it from an earlier try; nothing was sent now",
            evidence=(
                (MESSAGE, id_in(texts[0])),
                ("texts there", str(len(texts))),
                *self._evidence(delivery, "asked"),
            ),
            rung=Rung.SUBMITTED,
            found=len(texts) == 1,
        )

    def _judged(self, answer: Answer, delivery: Delivery) -> Outcome:
        now, status, said = self._clock.now(), answer.status, read(answer)
        evidence = self._evidence(delivery, "answer", answer)
        if 200 <= status < 300:
            if not (message := id_in(said)):
                detail = f"{status}, and no id of the text was read"
                return InDoubt(at=now, detail=detail, evidence=evidence)
            return Accepted(
                at=now,
                detail=f"accepted by GOV.UK Notify ({status})",
                evidence=((MESSAGE, message), *evidence),
                rung=Rung.SUBMITTED,
            )
        if status in _BEHIND:
            detail = f"sent, and Notify itself did not answer ({status})"
            return InDoubt(at=now, detail=detail, evidence=evidence)
        if status == 400 and kind_of_error(said) == "ValidationError":
            # Of what a request holds the number alone is not ours.
            return Refused(
                at=now,
                detail=f"Notify says that the number is no telephone's ({status})",
                evidence=evidence,
                because=RefusedBecause.ADDRESS,
            )
        return self._put_off(answer, delivery)

    def _put_off(self, answer: Answer, delivery: Delivery) -> Deferred:
        """Say that Notify does not take it now, and whether somebody must put something right.

        A 403 is also what a clock of ours brings that is wrong by over 30 seconds; the limit of a
        day's texts is raised by people alone.
        """
        now, status, kind = self._clock.now(), answer.status, kind_of_error(read(answer))
        passes = status in _LATER or status >= 500 or status == 200
        wrong = not passes or kind == "TooManyRequestsError"
        says = "refuses what we send: key, clock, template or limit" if wrong else "not now"
        return Deferred(
            at=now,
            detail=f"GOV.UK Notify: {says} ({status}{f', {kind}' if kind.isalpha() else ''})",
            evidence=self._evidence(delivery, "answer", answer),
            not_before=not_before(answer.headers.get("Retry-After", ""), now),
            configuration=wrong,
        )
