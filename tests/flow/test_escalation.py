"""What was escalated to QSIG stands in the way of the end until QSIG has acknowledged it (10.4)."""

from __future__ import annotations

from typing import Final

from hub.answers import Attested, NotYet
from hub.concern import Party
from hub.vocabulary import AgencyId, Role
from tests.flow.rosewood import CONCERN, LEO, TO_THE_END, rosewood

QSIG: Final = Party(agency=AgencyId("unit:west-sussex-qsig"), role=Role.QSIG)
BEFORE: Final = TO_THE_END[: TO_THE_END.index("qa-test-recorded")]
AFTER: Final = TO_THE_END[TO_THE_END.index("qa-test-recorded") :]


async def test_M098_a_concern_that_was_escalated_is_not_closed_before_qsig_has_acknowledged() -> (
    None
):
    async with rosewood(*BEFORE) as story:
        await story.story("escalation-qsig-notified", "escalation-spcg-decided", *AFTER)
        await story.sent()
        everybody = (await story.record()).concern.parties()
        await story.acknowledge(*(party for party in everybody if party != QSIG))

        refused = await story.answers.attest(CONCERN, LEO)

        assert isinstance(refused, NotYet)
        found = [gap for gap in refused.gaps if not gap.waivable]
        assert [(gap.party, "escalated to it" in gap.says) for gap in found] == [(QSIG, True)]

        notice = (await story.notice_to(QSIG, "qsig-escalation")).notice
        await story.answers.acknowledge_by_code(notice.id, "Q", "Chair", notice.ack_code)
        await story.acknowledge(QSIG)

        assert isinstance(await story.answers.attest(CONCERN, LEO), Attested)
