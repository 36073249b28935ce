"""What may not be said of contacts that are struck, or stand in for them (004 2.5, M019)."""

from __future__ import annotations

from collections.abc import Iterator

from hub.concern import Concern
from hub.directory import Directory
from hub.events.assessing import ContactReplaced, FactorPowerFlagged
from hub.events.envelope import Event, Fault
from hub.vocabulary import ContactId, EndpointId

_NOT_THERE = "`{name}` is no {what} of `{agency}` in the directory: nothing would be struck"


def conflict_objections(event: Event, concern: Concern, directory: Directory) -> tuple[Fault, ...]:
    """Return why these contacts cannot be struck, or written to; empty where they can.

    A name that the directory does not have would strike nobody, and everybody would think it had.
    """
    match event.data:
        case FactorPowerFlagged() as data:
            return tuple(_unknown(data, directory))
        case ContactReplaced() as data:
            return tuple(_unfit(data, concern, directory))
        case _:
            return ()


def _unknown(data: FactorPowerFlagged, directory: Directory) -> Iterator[Fault]:
    agency = directory.answers_for(data.agency)
    for index, name in enumerate(data.contacts):
        contact = directory.contact(ContactId(name))
        if contact is None or contact.agency not in {data.agency, agency}:
            says = _NOT_THERE.format(name=name, what="mailbox", agency=data.agency)
            yield Fault(pointer=f"/data/contacts/{index}", says=says)
    for index, name in enumerate(data.endpoints):
        endpoint = directory.endpoint(EndpointId(name))
        if endpoint is None or endpoint.agency not in {data.agency, agency}:
            says = _NOT_THERE.format(name=name, what="webhook", agency=data.agency)
            yield Fault(pointer=f"/data/endpoints/{index}", says=says)


def _unfit(data: ContactReplaced, concern: Concern, directory: Directory) -> Iterator[Fault]:
    left = directory.without(concern.struck, {})
    usable = {contact.id for contact in left.contacts_of(data.agency, data.role)}
    if data.contact in concern.struck:
        yield Fault(pointer="/data/contact", says="was struck: nothing of this concern goes there")
    elif data.contact not in usable:
        says = f"is no usable contact of `{data.agency}` as {data.role} in the directory"
        yield Fault(pointer="/data/contact", says=says)
