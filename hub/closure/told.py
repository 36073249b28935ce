"""Who hears of the end, and which notice told them (rules.md, semantics 11 and 12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.closure.known import Notified
from hub.concern import Concern, Party
from hub.decision import History
from hub.notice import Notice
from hub.vocabulary import CriminalStatus, Role

STATUTORY_MINIMUM: Final = frozenset(
    {
        Role.REGULATOR,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.PLACING_AUTHORITY,
        Role.PLACING_ICB,
        Role.PROVIDER,
    }
)
"""Who hears of closure whatever happened before (M022, M101); police where a crime may be."""

CLOSURE_NOTICE: Final = "closure-notice"
"""The template of the notice that says the process has ended."""

AUTHORISED: Final = "closure.authorised"


def all_notified(concern: Concern, history: History) -> Notified:
    """Return which commissioners have been told, and what blocks "all notified" (semantics 11).

    Whoever has moved its people out counts as before (M041).
    """
    heard = history.ever_told()
    known = sorted(c.party for c in concern.commissioners)
    return Notified(
        told=tuple(party for party in known if party in heard),
        untold=tuple(party for party in known if party not in heard),
        unknown=concern.unknown_funders,
        register_complete=concern.register_complete,
    )


def closure_set(concern: Concern, history: History) -> frozenset[Party]:
    """Return everyone ever told or ever held, and the statutory minimum (semantics 12)."""
    minimum = {p for p in concern.parties() if p.role in STATUTORY_MINIMUM}
    if concern.criminal in {CriminalStatus.YES, CriminalStatus.SUSPECTED}:
        minimum.add(Party(agency=concern.police, role=Role.POLICE))
    everyone = frozenset(minimum) | history.ever_told() | history.ever_held()
    return everyone - frozenset(concern.mistaken)


def closure_notices(history: History, notices: Iterable[Notice]) -> dict[Party, Notice]:
    """Return each party's newest closure notice under the authorisation in force.

    A notice of an authorisation that the Chair has since replaced is evidence of something else.
    """
    since = since_authorised(history)
    newest: dict[Party, Notice] = {}
    for notice in sorted(notices, key=lambda n: (n.composed_at, n.id)):
        told = since.get(notice.party)
        if notice.template == CLOSURE_NOTICE and (told is None or notice.decision in told):
            newest[notice.party] = notice
    return newest


def since_authorised(history: History) -> dict[Party, set[str]]:
    """Return the decisions of each party from its newest authorisation on."""
    since: dict[Party, set[str]] = {}
    for told in history.told:
        if told.event_name == AUTHORISED:
            since[told.party] = {told.decision}
        elif told.party in since:
            since[told.party].add(told.decision)
    return since
