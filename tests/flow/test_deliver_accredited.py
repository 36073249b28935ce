"""Whether a channel may carry a notice is looked at again at the moment of sending (H7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.obligation import ObligationKind
from hub.vocabulary import ContactId, InfoClass
from tests.flow.scene import a_scene, running, targets


async def test_H7_a_mailbox_whose_accreditation_has_gone_is_sent_nothing_that_waited_for_it() -> (
    None
):
    async with a_scene() as scene:
        await scene.open_concern()
        mailbox = (await scene.register.directory()).contact(ContactId("cqc"))
        assert mailbox is not None
        process = frozenset({InfoClass.PROCESS})
        await scene.register.put_contact(replace(mailbox, accredited=process))
        worker = scene.deliver()

        async with running(scene, worker):
            await scene.until(lambda: worker.counts().accepted > 3)
            await scene.until(lambda: worker.counts().refused > 0)
            await scene.pass_time(timedelta(minutes=1))

        assert "cqc" not in targets(scene.carried)
        assert "sussex-icb" in targets(scene.carried)
        owed = await scene.register.unreached(10)
        assert [o.kind for o in owed] == [ObligationKind.REACH]
        assert (await scene.register.depths()).unaccounted == 0
