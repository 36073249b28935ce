"""Criminal status and police advice (004 sections 4.4, 6.1 and 7.2)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import model_validator

from hub.events.model import CRIMINAL, EventData, Line, Moment, Text
from hub.vocabulary import CriminalStatus, InfoClass, PoliceAdvice


class CriminalStatusDeclared(EventData):
    """M055 (004 6.1): whether there is a criminal investigation; `unknown` holds (H1)."""

    wire: ClassVar[str] = "criminal.status.declared"

    status: Annotated[CriminalStatus, CRIMINAL]
    declared_by: Annotated[Line, CRIMINAL]
    reason: Annotated[Text | None, CRIMINAL] = None
    log_number: Annotated[Line | None, CRIMINAL] = None

    @model_validator(mode="after")
    def _none_suspected_needs_a_reason(self) -> CriminalStatusDeclared:
        if self.status is CriminalStatus.NONE_SUSPECTED and not self.reason:
            msg = "`none suspected` needs a reason"
            raise ValueError(msg)
        return self


class PoliceAdviceRecorded(EventData):
    """M072 (004 7.2): what the provider may be told, as advised; no free text is parsed."""

    wire: ClassVar[str] = "police.advice.recorded"

    advice: Annotated[PoliceAdvice, CRIMINAL]
    classes: Annotated[tuple[InfoClass, ...], CRIMINAL] = ()
    """For a partial release: the classes that may be told. Empty otherwise."""
    officer: Annotated[Line, CRIMINAL]
    log_number: Annotated[Line, CRIMINAL]
    advised_at: Annotated[Moment, CRIMINAL]
    recorded_by: Annotated[Line, CRIMINAL]
    review_due: Annotated[Moment | None, CRIMINAL] = None

    @model_validator(mode="after")
    def _classes_fit_the_advice(self) -> PoliceAdviceRecorded:
        if self.advice is PoliceAdvice.PARTIAL and not self.classes:
            msg = "a partial release names the classes released"
            raise ValueError(msg)
        if self.advice is not PoliceAdvice.PARTIAL and self.classes:
            msg = "only a partial release names classes"
            raise ValueError(msg)
        if self.advice in {PoliceAdvice.HOLD, PoliceAdvice.PARTIAL} and self.review_due is None:
            msg = "what is still held needs a review date"
            raise ValueError(msg)
        return self


TYPES: Final[tuple[type[EventData], ...]] = (
    CriminalStatusDeclared,
    PoliceAdviceRecorded,
)
"""Every event of this chapter."""
