"""What a scenario file may say: closed tables, in the words of the directory and the pack."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from hub.app.simulate.services import SAYS
from hub.events import EVENTS
from hub.notice import RefusedBecause
from hub.pack.directory_file import AgencyTable, ContactTable, EndpointTable
from hub.pack.tables import AgencyCode, OneRole, Said, Table, word_of
from hub.vocabulary import Channel

_SPAN: Final = re.compile(r"(\d+) (second|minute|hour|day|week)s?")
_UNITS: Final = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


def span(value: object) -> timedelta:
    """Read a length of time such as `20 minutes` or `1 day 6 hours`; days are of 24 hours."""
    if isinstance(value, str):
        words = _SPAN.findall(value)
        if words and _SPAN.sub("", value).strip() == "":
            return sum((int(count) * _UNITS[unit] for count, unit in words), timedelta())
    msg = "is a length of time such as `20 minutes`, `6 hours` or `1 day 2 hours`"
    raise PydanticCustomError("time", msg)


Span = Annotated[timedelta, BeforeValidator(span)]
Part = Literal["deliver", "tracking", "watch"]
PublishedWord = Annotated[str, AfterValidator(word_of("event", EVENTS))]


class ScenarioTable(Table):
    """`[scenario]`: what it is about, and when it begins and ends."""

    title: Said
    start: AwareDatetime | None = None
    """Else: when the first step happens."""
    until: AwareDatetime | None = None
    """Else: when the last step has happened, and what is due at that instant."""


class Whom(Table):
    """Whom something is about; what is left out is anybody."""

    agency: AgencyCode | None = None
    role: OneRole | None = None
    notice: Said | None = None
    """The notice's template, such as `closure-notice`; else: the newest of each party."""

    def means(self, agency: str, role: str, notice: str) -> bool:
        """Whether this is a notice of that template for that party."""
        return (
            self.agency in {None, agency}
            and self.role in {None, role}
            and self.notice in {None, notice}
        )


class ReplyTable(Whom):
    """What somebody answers: that they have read it, or why it is not for them."""

    name: Said = "Sam Okoro"
    job: Said = "Duty manager"
    declines: Literal["not for us", "wrong contact"] | None = None
    reason: Said = "it is not ours to act on"
    by: Literal["code", "call"] = "code"
    """By the code of the notice, or by a call that the host authority's LEO records."""


class RuleTable(ReplyTable):
    """`[[answer]]`: who answers every such notice, and how long after it has left."""

    after: Span = timedelta(minutes=15)


class EventTable(Table):
    """One event written out. What is left out is as in the event before."""

    type: PublishedWord
    """Its short name, such as `police.advice.recorded`."""
    by: Said | None = None
    """The publisher, by its id in the directory."""
    id: Said | None = None
    concern: Said | None = None
    partnership: Said | None = None
    host: Annotated[str, Field(pattern=r"^[ENSW][0-9]{8}$")] | None = None
    time: AwareDatetime | None = None
    """When it occurred; else: at this step."""
    data: dict[str, Any]


class OutcomeTable(Table):
    """What a mailbox or a webhook answers from now on, and how often; then it takes again."""

    target: Said
    """The contact's or endpoint's id in the directory."""
    says: Literal["taken", "delivered", "later", "refused", "in doubt"]
    because: RefusedBecause = RefusedBecause.ADDRESS
    words: Said = "as scripted"
    """What stands in the evidence of a refusal or a doubt."""
    times: Annotated[int, Field(ge=1, le=1000)] = 1


class AwayTable(Table):
    """A way out that is closed, and why; an empty `says` opens it."""

    channel: Literal["email", "webhook"]
    says: Annotated[str, Field(max_length=200)]


class ServiceTable(Table):
    """What a service says, from now on, became of each message it took, when it is asked."""

    channel: Literal["mesh", "sms"]
    says: Said
    """In its own words, such as `acknowledged` or `permanent-failure`; or `nothing`, or `away`."""

    @model_validator(mode="after")
    def _its_own_words(self) -> ServiceTable:
        known = SAYS[Channel(self.channel)]
        if self.says not in known:
            says = f"{self.channel} says one of: {', '.join(known)}"
            raise PydanticCustomError("says", "{says}", {"says": says})
        return self


class ReturnedTable(Whom):
    """A mail that comes back about what was sent to a party."""

    contact: Said | None = None
    """Which of its mailboxes; else: the newest mail to it."""
    report: Literal["failed", "delayed", "delivered", "a person replies"] = "failed"


class ChangedContact(ContactTable):
    """A mailbox as it is from now on."""

    id: Said
    usable: bool = True
    unverified: bool | None = None
    """Else: whether it has no `verified_on`."""


class ChangedEndpoint(EndpointTable):
    """A webhook as it is from now on."""

    id: Said
    parked: bool = False


class ChangesTable(Table):
    """What changes in the live directory; it replaces the one of the same id, or is added."""

    agency: tuple[AgencyTable, ...] = ()
    contact: tuple[ChangedContact, ...] = ()
    endpoint: tuple[ChangedEndpoint, ...] = ()


class WaiverTable(Table):
    """A party that closure is confirmed without, who says so and why."""

    agency: AgencyCode
    role: OneRole
    reason: Said
    name: Said


class ConfirmTable(Table):
    """The LEO confirms that closure notices were sent, if nothing is missing."""

    by: Said = "A lead enquiry officer"
    waive: tuple[WaiverTable, ...] = ()


ACTIONS: Final = (
    "file",
    "event",
    "reply",
    "outcome",
    "away",
    "service",
    "returned",
    "directory",
    "confirm",
    "policy",
    "runs",
)


class StepTable(Table):
    """`[[step]]`: when, and one thing that happens; without one, time passes."""

    at: AwareDatetime | None = None
    after: Span | None = None
    """How long after the step before; else, and without `at`: at the same instant."""
    note: Said | None = None
    file: Said | None = None
    """An event: CloudEvents 1.0, structured JSON, beside the scenario."""
    event: EventTable | None = None
    reply: ReplyTable | None = None
    outcome: OutcomeTable | None = None
    away: AwayTable | None = None
    service: ServiceTable | None = None
    returned: ReturnedTable | None = None
    directory: ChangesTable | None = None
    confirm: ConfirmTable | None = None
    policy: Said | None = None
    """A folder of packs that is read, proved and put in force, or refused, as a hub does."""
    runs: tuple[Part, ...] | None = None
    """Which parts of the hub run from now on; at the beginning all do, but nobody asks services
    what became of messages (`tracking`) where no step says what they answer."""

    @property
    def does(self) -> tuple[str, ...]:
        """Return what happens, by the key that says it."""
        return tuple(name for name in ACTIONS if getattr(self, name) is not None)
