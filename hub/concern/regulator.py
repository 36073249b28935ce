"""What follows from what the regulator is told, shares and publishes (004 4.3)."""

from __future__ import annotations

from datetime import UTC, datetime, time

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter
from hub.events.regulator import InspectionReportShared, ThemeTagged
from hub.frozen import replace
from hub.vocabulary import ObligationKind


@follow.register
def _(data: ThemeTagged, concern: Concern) -> Concern | CannotFollow:
    same = data.theme.theme.casefold()
    themes = [data.theme if known.theme.casefold() == same else known for known in concern.themes]
    if data.theme not in themes:
        themes.append(data.theme)
    return replace(concern, themes=tuple(themes))


@follow.register
def _(data: InspectionReportShared, concern: Concern) -> Concern | CannotFollow:
    key = f"report:{data.report}:"
    concern = concern.met_all(ObligationKind.REVIEW_HOLD, key)
    if data.publish_on is None or data.status == "published":
        return concern
    return concern.owing(
        Matter(
            kind=ObligationKind.REVIEW_HOLD,
            key=f"{key}{data.publish_on}",
            says=f"say whether the report {data.report} is published; no date publishes it",
            due=datetime.combine(data.publish_on, time(17, 0), tzinfo=UTC),
        )
    )
