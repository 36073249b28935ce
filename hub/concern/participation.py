"""What follows for who takes part and who is responsible (004 2.1, 3.1, 4.1, 7.1i)."""

from __future__ import annotations

from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.events.participation import IsaAgreed, ParticipationScopeSet, ResponsibilityAgreed
from hub.frozen import replace
from hub.vocabulary import ObligationKind

DISPUTE: Final = "responsibility:"


@follow.register
def _(data: ParticipationScopeSet, concern: Concern) -> Concern | CannotFollow:
    members = frozenset(Party(agency=m.agency, role=m.role) for m in data.members)
    return replace(concern, scope=members)


@follow.register
def _(data: IsaAgreed, concern: Concern) -> Concern | CannotFollow:
    rows = tuple((row.role, frozenset(row.classes)) for row in data.rows)
    return replace(concern, sharing_agreed=True, sharing_rows=rows)


@follow.register
def _(data: ResponsibilityAgreed, concern: Concern) -> Concern | CannotFollow:
    """Both sides say it; until then the side that has not said so owes its word (M029)."""
    kind, theirs = ObligationKind.AGREE_RESPONSIBILITY, f"{data.item} {data.other}"
    then = concern.met(kind, f"{data.item} {data.agency}")
    if data.word == "disputes":
        return then.owing(
            Matter(
                kind=ObligationKind.RESOLVE_DISAGREEMENT,
                key=f"{DISPUTE}{data.item}",
                says="settle who is responsible; what is urgent goes on meanwhile (000 9)",
            )
        )
    said = concern.last(ResponsibilityAgreed, f"{data.item} {data.other}")
    if said is not None and said.word != "disputes" and said.responsibility == data.responsibility:
        return then.met(kind, theirs).met(
            ObligationKind.RESOLVE_DISAGREEMENT, f"{DISPUTE}{data.item}"
        )
    return then.owing(
        Matter(
            kind=kind,
            key=theirs,
            owner=concern.as_party(data.other),
            says="agree who is responsible, or say that you do not (4.1d)",
        )
    )
