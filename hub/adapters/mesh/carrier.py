"""The MESH carrier: what stops a message before the wire, and what each answer means.

https://digital.nhs.uk/developer/api-catalogue/message-exchange-for-social-care-and-health-api,
version 2 of its media type. Never yet tried against the real service.
"""

from __future__ import annotations

import ssl
from datetime import datetime
from typing import Any, Final

import orjson

from hub.adapters.by_service import ByService
from hub.adapters.mesh.token import Account, Tokens
from hub.adapters.service import Service, shown
from hub.adapters.webhook.carrier import not_before
from hub.adapters.webhook.wire import Answer, Deadlines, Try
from hub.directory import Contact
from hub.notice import (
    Accepted,
    Deferred,
    Delivery,
    InDoubt,
    Outcome,
    Refused,
    RefusedBecause,
)
from hub.ports import Clock
from hub.ports.tracked import MESSAGE, Fate
from hub.vocabulary import Channel, Rung

_MEDIA: Final = "application/vnd.mesh.v2+json"
_BODY: Final = "application/cloudevents+json"
_NO_SUCH_MAILBOX: Final = frozenset({"12", "17", "EPL-150", "EPL-151"})
"""Codes of a mailbox that is not registered, or not for this workflow: it will take nothing."""
_REACHED: Final[dict[str, tuple[Rung | None, str]]] = {
    "accepted": (Rung.DELIVERED, "in the agency's inbox, by MESH's word"),
    "acknowledged": (Rung.COLLECTED, "fetched by the agency's system, by MESH's word"),
}
_LOST: Final = frozenset({"undelivered", "error"})
_LATER: Final = frozenset({408, 425, 429})


class MeshCarrier(ByService):
    """The carrier for `Channel.MESH`. `workflow` is what the mailboxes registered for.

    202 says that MESH has it, and is `relayed`: whether it is in the agency's inbox, and was
    fetched from it, is asked later. A try in doubt goes again under the same local id.
    """

    def __init__(
        self,
        url: str,
        *,
        account: Account,
        workflow: str,
        clock: Clock,
        tls: ssl.SSLContext,
        deadlines: Deadlines | None = None,
    ) -> None:
        super().__init__(
            Service(url, tls=tls, deadlines=deadlines),
            clock,
            called="MESH",
            closed="the MESH carrier is closed",
            nobody="the directory has no such mailbox now",
        )
        self._account = account
        self._tokens = Tokens(account, clock)
        self._workflow = workflow

    async def track(self, message: str) -> Fate | None:
        """Ask what became of a message; None where MESH could not be asked.

        `accepted`: it is in the agency's inbox, `delivered`. `acknowledged`: the agency's system
        has fetched it, `collected`. `undelivered`: nobody did in time, and it was thrown away.
        """
        headers = {"Authorization": self._tokens.next(), "Accept": _MEDIA}
        if self._service.closed:
            return None
        answer = await self._service.get(
            self._path("outbox/tracking"), headers, {"messageID": message}
        )
        if answer is None or answer.status not in {200, 404, 410}:
            return None
        return _fate(answer, self._clock.now())

    async def _hand_over(
        self, delivery: Delivery, contact: Contact
    ) -> tuple[Try, Exception | None]:
        headers = {
            "Authorization": self._tokens.next(),
            "Accept": _MEDIA,
            "Mex-From": self._account.mailbox,
            "Mex-To": contact.mesh_mailbox,
            "Mex-WorkflowID": self._workflow,
            "Mex-LocalID": delivery.id,
        }
        return await self._service.post(
            self._path("outbox"), headers, delivery.body, content_type=_BODY
        )

    def _shown(self, answer: Answer) -> str:
        return shown(answer.body)

    def _path(self, what: str) -> str:
        return f"messageexchange/{self._account.mailbox}/{what}"

    def _stopped(
        self,
        delivery: Delivery,  # noqa: ARG002  # to MESH all are alike
        contact: Contact,
    ) -> Outcome | None:
        if contact.channel is not Channel.MESH:
            says = f"the mailbox is reached by {contact.channel} now, and this went by another way"
            return self._refused(RefusedBecause.EGRESS, says)
        if not contact.mesh_mailbox:
            return self._refused(RefusedBecause.ADDRESS, "the mailbox is no MESH mailbox id")
        return None

    def _judged(self, answer: Answer, delivery: Delivery) -> Outcome:
        now = self._clock.now()
        status = answer.status
        said = _read(answer)
        evidence = self._evidence(delivery, "answer", answer)
        if 200 <= status < 300:
            if not (message := _message_id(said)):
                detail = f"{status}, and no id of the message was read"
                return InDoubt(at=now, detail=detail, evidence=evidence)
            return Accepted(
                at=now,
                detail=f"accepted by MESH ({status})",
                evidence=((MESSAGE, message), *evidence),
                rung=Rung.RELAYED,
            )
        code = _error_code(said)
        if 400 <= status < 500 and code in _NO_SUCH_MAILBOX:
            detail = f"MESH knows no such mailbox for this ({status}, code {code})"
            because = RefusedBecause.ADDRESS
            return Refused(at=now, detail=detail, evidence=evidence, because=because)
        wrong = 300 <= status < 500 and status not in _LATER
        says = "refuses what we send: configuration" if wrong else "does not take it now"
        return Deferred(
            at=now,
            detail=f"MESH {says} ({status})",
            evidence=evidence,
            not_before=not_before(answer.headers.get("Retry-After", ""), now),
            configuration=wrong,
        )


def _fate(answer: Answer, now: datetime) -> Fate:
    said = _read(answer) if answer.status == 200 else {}
    status = str(said.get("status") or "").casefold()
    evidence = (("status", str(answer.status)), ("reply", shown(answer.body)))
    if status in _LOST or said.get("status_success") is False:
        detail = "MESH gave up: nobody has fetched it"
        return Fate(at=now, detail=detail, lost=True, evidence=evidence)
    rung, detail = _REACHED.get(status, (None, "MESH says nothing of it that counts"))
    return Fate(at=now, detail=detail, rung=rung, evidence=evidence)


def _read(answer: Answer) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _message_id(said: dict[str, Any]) -> str:
    """Return the id in an answer of version 2, or of version 1."""
    found = said.get("message_id") or said.get("messageID")
    return found if isinstance(found, str) and found.isascii() and len(found) <= 100 else ""


def _error_code(said: dict[str, Any]) -> str:
    """Return the code of an error, of version 2 or of version 1; empty where there is none."""
    details = said.get("detail")
    first = details[0] if isinstance(details, list) and details else said
    code = (first.get("code") or first.get("errorCode")) if isinstance(first, dict) else None
    return code if isinstance(code, str) else ""
