"""Who is told what, and why. Pure: exactly one decision for every party, for every occasion."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final, TypedDict, assert_never

from hub.concern import Concern, Party
from hub.decide.facts import Facts, facts_about, facts_of_the_concern
from hub.decide.holds import (
    PARAGRAPHS,
    RISK_CLASSES,
    RISK_ROLES,
    channels_keep,
    decided_for,
    holds_on,
    released_to,
)
from hub.decision import (
    Decision,
    Held,
    History,
    Hold,
    NotDue,
    Notify,
    Occasion,
    OccasionKind,
    Reason,
    Shared,
    Withheld,
    Withhold,
)
from hub.directory import Directory
from hub.frozen import remembered
from hub.pack.cell import (
    CLOSED_WORLD,
    ClassJudgement,
    HeldBy,
    NoRule,
    NothingDue,
    SharedBy,
    Told,
    WithheldBy,
    judge,
)
from hub.pack.rules import Pack
from hub.vocabulary import (
    DecisionId,
    InfoClass,
    Nation,
    PackHash,
    RuleId,
)

__all__ = [
    "FOUND_LATE",
    "PARAGRAPHS",
    "RISK_CLASSES",
    "RISK_ROLES",
    "Facts",
    "channels_keep",
    "decide",
    "decided_for",
    "facts_about",
    "facts_of_the_concern",
    "holds_on",
    "released_to",
]

FOUND_LATE: Final = RuleId("found-late")
"""The rule of what is given late to whoever was found late, and to nobody else (semantics 11)."""


def decide(
    occasion: Occasion,
    concern: Concern,
    history: History,
    pack: Pack,
    directory: Directory,
    now: datetime,
) -> tuple[Decision, ...]:
    """Return one decision for every party of the concern, in the concern's order.

    `history` is everything decided before this occasion. `now` starts the deadlines. The same
    arguments always give the same answer (law of the whole answer).
    """
    facts = Facts(concern, history, occasion)
    return tuple(
        _decide_for(party, occasion, concern, facts, pack, directory, now)
        for party in concern.parties()
    )


_ANSWERED_THEN: Final = Reason(
    sentence="It had its own answer when this happened; somebody else was found late",
    paragraph="004 4.1b",
    rule=FOUND_LATE,
)


class _Common(TypedDict):
    id: DecisionId
    occasion: Occasion
    party: Party
    pack: PackHash


def _decide_for(
    party: Party,
    occasion: Occasion,
    concern: Concern,
    facts: Facts,
    pack: Pack,
    directory: Directory,
    now: datetime,
) -> Decision:
    judgement = judge(
        pack,
        occasion.event_name,
        party.role,
        facts.about(party),
        released_to(concern),
        holds_on(party, concern, pack, directory, now),
        decided_for(party, concern, pack),
    )
    key = f"{occasion.id}|{party.agency}|{party.role}"
    common = _Common(
        id=DecisionId(sha256(key.encode()).hexdigest()[:32]),
        occasion=occasion,
        party=party,
        pack=pack.hash,
    )
    if occasion.kind is OccasionKind.FOUND_LATE and party not in occasion.reconsidered:
        return NotDue(reason=_ANSWERED_THEN, **common)
    match judgement:
        case NothingDue():
            rule = judgement.rule
            reason = Reason(sentence=rule.because, paragraph=rule.paragraph, rule=rule.id)
            return NotDue(reason=reason, **common)
        case NoRule():
            return _nobody_named_it(occasion, common)
        case Told():
            return _told(judgement, common, _due(judgement, party, pack, directory, now))
        case _:
            assert_never(judgement)


def _told(judgement: Told, common: _Common, due: datetime | None) -> Decision:
    shared, held, withheld = _sort(judgement.classes)
    route = judgement.route
    if shared:
        return Notify(
            reason=Reason(sentence=route.say, paragraph=route.paragraph, rule=route.id),
            notice=route.notice,
            lane=route.lane,
            required=route.required,
            reply_due=due,
            shared=shared,
            held=held,
            withheld=withheld,
            **common,
        )
    if held:
        return Hold(reason=held[0].reason, held=held, withheld=withheld, **common)
    return Withhold(reason=withheld[0].reason, withheld=withheld, **common)


@remembered(10_000)
def _sort(
    classes: tuple[ClassJudgement, ...],
) -> tuple[tuple[Shared, ...], tuple[Held, ...], tuple[Withheld, ...]]:
    shared, held, withheld = [], [], []
    for judged in classes:
        match judged:
            case SharedBy():
                share = judged.share
                why = Reason(sentence=share.say, paragraph=share.paragraph, rule=share.id)
                shared.append(
                    Shared(info=judged.info, purpose=share.purpose, basis=share.basis, reason=why)
                )
            case HeldBy():
                why = Reason(sentence=judged.sentence, paragraph=judged.paragraph, rule=judged.rule)
                held.append(
                    Held(
                        info=judged.info,
                        kind=judged.kind,
                        released_by=judged.released_by,
                        reason=why,
                        hold=judged.hold,
                    )
                )
            case WithheldBy():
                why = Reason(sentence=judged.sentence, paragraph=judged.paragraph, rule=judged.rule)
                withheld.append(Withheld(info=judged.info, reason=why))
            case _:
                assert_never(judged)
    return tuple(shared), tuple(held), tuple(withheld)


def _nobody_named_it(occasion: Occasion, common: _Common) -> Withhold:
    reason = Reason(
        sentence=f"No rule of the pack says what this role is told on `{occasion.event_name}`",
        paragraph="closed world (rules.md, semantics 1)",
        rule=CLOSED_WORLD,
    )
    withheld = tuple(Withheld(info=info, reason=reason) for info in InfoClass)
    return Withhold(reason=reason, withheld=withheld, **common)


def _due(
    judgement: Told, party: Party, pack: Pack, directory: Directory, now: datetime
) -> datetime | None:
    within = judgement.route.reply_within
    if within is None:
        return None
    agency = directory.agency(party.agency)
    nation = agency.nation if agency else Nation.ENGLAND_AND_WALES
    return pack.calendar.due(now, within, nation)
