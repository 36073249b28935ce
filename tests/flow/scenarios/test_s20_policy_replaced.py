"""S20: the policy is replaced in the middle of a concern, and bodies have other names since."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from hub.concern import Party
from hub.decision import Notify
from hub.intake.took import Became, TookIn
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.adapters.by_hand import look
from tests.flow.intake_scene import body_of
from tests.flow.reload_scene import Renewal, renewal
from tests.flow.scenarios.stage import NHS_SUSSEX, SURREY, THE_HOST, is_a, person, placed

V3: Final = "2026.1"
V4: Final = "2027.4"
QSIG: Final = is_a("unit:west-sussex-qsig", Role.QSIG)
OLD_NAME: Final = "Quality Safeguarding Information Group"
NEW_NAME: Final = "Quality Assurance and Safeguarding Information Group"
_NUMBERS: Final = count(1)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Renewal]:
    async with renewal(tmp_path) as opened:
        await opened.takes(body_of("concern-opened"))
        await opened.takes(body_of("criminal-status-declared", data=NO_CRIME))
        yield opened


NO_CRIME: Final = {"status": "consulted, none", "declared_by": "DS Nair"}


async def says(hub: Renewal, name: str, **data: Any) -> TookIn:  # noqa: ANN401 - of any field
    number = next(_NUMBERS)
    return await hub.takes(
        body_of("concern-opened", id=f"s20-{number}", type=f"concernhub.{name}.v1", data=data)
    )


async def is_replaced(hub: Renewal) -> None:
    """The partnership agrees its next version: QSIG is QASIG, and has another word for it."""
    hub.new_version(V4)
    hub.change("sharing.toml", OLD_NAME, NEW_NAME)
    hub.change(
        "sharing.toml",
        r'"qasig" = ',
        '"quality assurance group" = "quality and safeguarding group"\n"qasig" = ',
    )
    assert await hub.reload.renew()


async def notifies(hub: Renewal) -> TookIn:
    return await says(
        hub,
        "escalation.qsig.notified",
        qsig=QSIG.agency,
        continuing_risks="people fall at night",
        overdue_actions="2 of 3",
        interim_protection="a nurse of ours is there",
        decision_due="2027-05-01T12:00:00Z",
        notified_by=person("Lead Enquiry Officer"),
    )


async def decides(hub: Renewal) -> TookIn:
    return await says(
        hub,
        "escalation.spcg.decided",
        escalate="yes",
        spcg="unit:west-sussex-spcg",
        decided_by=person("Chair of the group", "Mo Adair"),
        decided_at="2027-04-15T09:00:00Z",
    )


async def test_S20_old_decisions_keep_the_old_pack_new_ones_the_new_and_each_notice_says_which(
    hub: Renewal,
) -> None:
    old = hub.hash
    await notifies(hub)
    before = (await hub.record()).decisions
    await is_replaced(hub)

    await decides(hub)

    record = await hub.record()
    new = record.decisions[len(before) :]
    assert record.decisions[: len(before)] == before
    assert {d.pack for d in before} == {old}
    assert {d.pack for d in new} == {hub.hash} != {old}
    told = {d.party for d in new if isinstance(d, Notify)}
    assert told == {THE_HOST, is_a("unit:west-sussex-spcg", Role.SPCG)}
    packs = {d.id: d.pack for d in record.decisions}
    says_which = {
        old: f"Policy: west-sussex, version {V3}, {old[:12]}.",
        hub.hash: f"Policy: west-sussex, version {V4}, {hub.hash[:12]}.",
    }
    for each in record.notices:
        for part in (each.notice.text, each.notice.html):
            assert says_which[packs[each.notice.decision]] in " ".join(part.split())
    # What is told from now on calls bodies by their new names, and nothing that was told does.
    named = {
        n.notice.template for n in record.notices if NEW_NAME in " ".join(n.notice.text.split())
    }
    assert named == {"spcg-escalation"}


async def test_S20_other_words_are_understood_and_what_was_sent_is_kept_as_it_was_sent(
    hub: Renewal,
) -> None:
    lead = await says(hub, "lead.agency.set", agency=NHS_SUSSEX, kind="ccg")
    placing = await says(
        hub,
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1"), placed(NHS_SUSSEX, "QNX-1", kind="CCG")],
        complete=True,
    )
    await notifies(hub)
    held = await says(
        hub,
        "hold.placed",
        hold_id="h-1",
        kind="H3",
        party=QSIG.agency,
        role="QASIG",
        classes=["themes"],
        placed_by=person("Lead Enquiry Officer"),
        reason="an adult would be recognised",
        review_due="2027-04-20T09:00:00Z",
        conditions_for_release="when it may",
    )

    assert {one.became for one in (lead, placing, held)} == {Became.ACCEPTED}
    concern = (await hub.record()).concern
    assert concern.lead_agency == NHS_SUSSEX
    by_health = Party(agency=AgencyId(NHS_SUSSEX), role=Role.PLACING_ICB)
    assert by_health in {c.party for c in concern.commissioners}
    assert [(h.party, h.classes) for h in concern.holds] == [(QSIG, frozenset({InfoClass.THEMES}))]
    kept = "SELECT event.id, bytes, decoded FROM event JOIN body ON body.id = event.body_id"
    ((_, sent, understood),) = [r for r in await look(hub.register, kept) if r[0] == lead.event]
    assert isinstance(sent, bytes)
    assert json.loads(sent)["data"]["kind"] == "ccg"
    assert json.loads(str(understood))["kind"] == "icb"


async def test_S20_a_word_means_something_from_the_version_that_says_so(hub: Renewal) -> None:
    async def narrows(word: str) -> TookIn:
        return await says(
            hub,
            "isa.agreed",
            reference="ISA-1",
            rows=[{"role": word, "classes": ["process"]}],
            agreed_by=[person("Caldicott Guardian", "Una Reyes")],
        )

    before = await narrows("quality assurance group")
    await is_replaced(hub)
    after = await narrows("quality assurance group")

    assert before.became is Became.QUARANTINED
    assert after.became is Became.ACCEPTED
    rows = dict((await hub.record()).concern.sharing_rows)
    assert rows == {Role.QSIG: {InfoClass.PROCESS}}
