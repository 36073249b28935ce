"""What was not delivered, grouped by why and where to, as a screen shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.access import Act, Official
from hub.directory import Directory
from hub.ports.failing import Cause, Failing, State
from hub.ports.replaying import Replay
from hub.repeat import Verdict
from hub.routes.naming import named, notice_words, party_name
from hub.vocabulary import Channel, ConcernId, ContactId, EndpointId

WHAT_TO_DO: Final[Mapping[Cause, str]] = {
    Cause.MAILBOX: "Ring the agency, have its address corrected, then send it again.",
    Cause.POLICY: "Ask the agency's mail team why. Send it again once they accept our mail.",
    Cause.CONFIGURATION: "Whoever runs the hub must put it right. The hub goes on trying, slowly.",
    Cause.CLOSED: "What waits for it is sent in order as soon as it is opened again.",
    Cause.EGRESS: "The address is not one that this agency approved. Correct the webhook.",
    Cause.EXPIRED: "Ring the agency, then send it again.",
    Cause.DOUBT: "The same bytes are sent again until they are answered. It may arrive twice.",
    Cause.STALLED: "Look whether a process that delivers is running.",
    Cause.SLOW: "Nothing yet: the hub goes on trying.",
    Cause.UNKNOWN: "Somebody must look at what the other side answered.",
}

_OF_THE_CASE: Final = frozenset(
    {Verdict.STOPPED, Verdict.SUPERSEDED, Verdict.HELD, Verdict.WITHHELD, Verdict.UNJUDGED}
)
"""These say what is decided about a concern: for who may read it."""
_NOT_NOW: Final = "not allowed by the rules as they stand; a lead enquiry officer can see why"
_WAYS: Final = {
    Channel.EMAIL: "mailbox",
    Channel.CJSM: "secure mailbox",
    Channel.MESH: "MESH mailbox",
    Channel.SMS: "telephone",
    Channel.WEBHOOK: "webhook",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One delivery of a group. What says anything of a case is empty for who may not read it."""

    failing: Failing
    concern: ConcernId | None
    reference: str
    notice: str
    party: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was not taken for one reason at one destination."""

    cause: Cause
    target: str
    way: str
    """`mailbox`, `webhook` ..."""
    agency: str
    name: str
    """What the mailbox is, such as a duty desk; never its address."""
    to_do: str
    lines: tuple[Line, ...]

    @property
    def again(self) -> int:
        """Return how many may be asked for again: what waits in the queue is not among them."""
        return len(for_good(line.failing for line in self.lines))


def for_good(found: Iterable[Failing]) -> tuple[Failing, ...]:
    """Return those that nothing tries any more."""
    return tuple(one for one in found if one.state is State.FAILED)


def groups(found: Sequence[Failing], directory: Directory, person: Official) -> tuple[Group, ...]:
    """Group what was not taken, the largest group first."""
    by: dict[tuple[Cause, str], list[Failing]] = {}
    for one in found:
        by.setdefault((one.cause, one.target), []).append(one)
    made = (_group(cause, target, rows, directory, person) for (cause, target), rows in by.items())
    return tuple(sorted(made, key=lambda group: (-len(group.lines), group.cause, group.target)))


def counted(counts: Mapping[Verdict, int], person: Official) -> tuple[tuple[int, str], ...]:
    """Return what becomes of how many, in words this person may read; sent again comes first."""
    said: dict[str, int] = {}
    for verdict in Verdict:
        hidden = verdict in _OF_THE_CASE and not person.may(Act.READ_CONCERNS)
        words = _NOT_NOW if hidden else verdict.value
        said[words] = said.get(words, 0) + counts.get(verdict, 0)
    return tuple((number, words) for words, number in said.items() if number)


def may_see(order: Replay, person: Official, own: frozenset[ConcernId]) -> bool:
    """Whether this person may see an order, and stop it."""
    if person.may(Act.ADMINISTER):
        return True
    return order.asked_by == person.id or order.selection.concern in own


def _group(
    cause: Cause, target: str, rows: Sequence[Failing], directory: Directory, person: Official
) -> Group:
    first = rows[0]
    contact = directory.contact(ContactId(target))
    endpoint = directory.endpoint(EndpointId(target))
    entry = contact or endpoint
    return Group(
        cause=cause,
        target=target,
        way=_WAYS[first.channel],
        agency=named(entry.agency if entry else first.party.agency, directory),
        name=contact.name if contact else "",
        to_do=WHAT_TO_DO[cause],
        lines=tuple(_line(one, directory, person) for one in rows),
    )


def _line(one: Failing, directory: Directory, person: Official) -> Line:
    if not person.may(Act.READ_CONCERNS):
        return Line(failing=one, concern=None, reference="", notice="", party="")
    return Line(
        failing=one,
        concern=one.concern,
        reference=one.reference,
        notice=notice_words(one.template),
        party=party_name(one.party, directory),
    )
