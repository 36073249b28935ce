"""What the register shows to whom: one suite for every database, whatever happens there.

On PostgreSQL the rows keep readers apart by themselves too (test_register_row_security).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.answers import has_left
from hub.concern import Party
from hub.notice import Notice
from hub.page import Page, StandingHold, Superseded
from hub.ports import NoticeRecord
from hub.ports.reading import Reading
from hub.receipt import Receipt
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    HoldKind,
    InfoClass,
    NoticeId,
    ObligationKind,
    Role,
    Rung,
    Setback,
)
from tests.builders import (
    HOST,
    PLACING,
    REGULATOR,
    SURREY,
    delivery_of,
    lead_agency_set,
    notice_of,
    obligation_of,
    opened,
    page_of,
    receipt_of,
    told,
)

HOSTS = (HOST, SURREY)
PARTIES = (
    PLACING,
    REGULATOR,
    Party(agency=HOST, role=Role.HOST_AUTHORITY),
    Party(agency=AgencyId("cqc:1-1000000001"), role=Role.PROVIDER),
)
NOBODY = (None, AgencyId(""), AgencyId("gss:none"), AgencyId("%"))
READERS = (*HOSTS, *(party.agency for party in PARTIES), *NOBODY)


@dataclass
class Story:
    """What has happened in a register, and what each reader must see of it."""

    register: SqlRegister
    chance: random.Random
    hosts: dict[ConcernId, AgencyId] = field(default_factory=dict)
    pages: dict[ConcernId, Page] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    over: dict[NoticeId, NoticeId] = field(default_factory=dict)
    """Of each notice that was replaced, by which."""

    async def opens(self) -> None:
        host = self.chance.choice(HOSTS)
        event = opened()
        event = replace(event, data=event.data.model_copy(update={"host_authority": host}))
        held = StandingHold(
            party=self.chance.choice(PARTIES),
            info=InfoClass.PROCESS,
            kind=HoldKind.H1,
            reason="police advice",
        )
        self.hosts[event.concern] = host
        await self._writes(page_of(event, holds=frozenset({held})))

    async def tells(self) -> None:
        """Tell somebody something new, or an earlier notice anew."""
        concern = self.chance.choice([*self.pages])
        free = [
            n for n in self.notices if n.concern == concern and n.id not in self.over and n.subject
        ]
        old = self.chance.choice(free) if free and self.chance.random() < 0.5 else None
        party = old.party if old else self.chance.choice(PARTIES)
        decision = told(lead_agency_set(concern), party)
        number = 1 if old is None else (old.revision or 1) + 1
        notice = notice_of(decision, subject="risk", revision=number)
        over = () if old is None else (Superseded(notice=old.id, by=notice.id),)
        people = self.chance.choice((1, 2))
        owed = obligation_of(
            concern,
            kind=ObligationKind.ANSWER,
            party=party,
            key=f"notice:{notice.id}",
            notice=notice.id,
            people=people,
        )
        before = self.pages[concern]
        page = replace(
            before,
            version=before.version + 1,
            applied=(),
            decisions=(decision,),
            notices=(notice,),
            deliveries=(delivery_of(notice),),
            superseded=over,
            obligations=(owed,),
        )
        await self._writes(page)
        self.notices.append(notice)
        self.over |= {each.notice: each.by for each in over}

    async def hears(self) -> None:
        """Something comes back of a notice: that it left, that it may have, or what is fenced."""
        if not self.notices:
            return
        notice = self.chance.choice(self.notices)
        rung = self.chance.choice((None, *Rung))
        receipt = replace(
            heard(notice),
            rung=rung,
            setback=self.chance.choice((None, Setback.IN_DOUBT)) if rung else Setback.FAILED,
            fenced=self.chance.random() < 0.3,
        )
        await self.register.receive((receipt,), (), ())

    async def _writes(self, page: Page) -> None:
        async with self.register.entry() as entry:
            await entry.write(page)
        self.pages[page.id] = page

    async def shown(self) -> None:
        """Ask as everybody, for everything: nothing of another's, and all of their own."""
        whole = [await self.register.notice(n.id) for n in self.notices]
        there = [record for record in whole if record is not None]
        assert len(there) == len(self.notices)
        for reader in READERS:
            view = self.register.as_reader(reader)
            await self._concerns_of(view, reader)
            told_of = [r for r in there if r.notice.party.agency == reader and has_left(r)]
            assert [_alone(r) for r in await view.notices(1000)] == [
                _alone(r) for r in reversed(told_of)
            ]
            for record in self.chance.sample(there, min(3, len(there))):
                found = await view.notice(record.notice.id)
                assert (found is not None) == (record in told_of)
                if found is not None:
                    assert _alone(found) == _alone(record)
                    assert found.newer == self._newer(record, told_of)

    async def _concerns_of(self, view: Reading, reader: AgencyId | None) -> None:
        theirs = {concern for concern, host in self.hosts.items() if host == reader}
        assert {concern.id for concern in await view.concerns(1000)} == theirs
        for concern in self.chance.sample([*self.hosts], min(2, len(self.hosts))):
            found = await view.concern(concern)
            if concern in theirs:
                assert found == await self.register.concern(concern)
                assert found is not None
            else:
                assert found is None

    def _newer(self, record: NoticeRecord, seen: list[NoticeRecord]) -> tuple[NoticeId, int] | None:
        """Return the last in its place that its reader was told."""
        ids, newest = {r.notice.id: r.notice for r in seen}, None
        step = self.over.get(record.notice.id)
        while step is not None:
            newest = (step, ids[step].revision or 0) if step in ids else newest
            step = self.over.get(step)
        return newest


def heard(notice: Notice) -> Receipt:
    """Return that somebody outside has taken it."""
    return replace(receipt_of(delivery_of(notice)), delivery=None)


def _alone(record: NoticeRecord) -> NoticeRecord:
    """Return it without what other notices say of it."""
    return replace(record, newer=None, replaced=())


@pytest.mark.parametrize("seed", range(2))
async def test_nobody_reads_a_row_that_is_not_theirs_and_nothing_that_is_theirs_is_missing(
    register: SqlRegister, seed: int
) -> None:
    story = Story(register=register, chance=random.Random(seed))
    await story.opens()
    for step in range(1, 61):
        act = story.chance.choices((story.opens, story.tells, story.hears), (1, 4, 6))[0]
        await act()
        if step % 20 == 0:
            await story.shown()
    assert story.over
    assert len(story.hosts) > 1


async def test_a_list_of_notices_goes_on_where_the_last_page_ended(register: SqlRegister) -> None:
    story = Story(register=register, chance=random.Random(5))
    await story.opens()
    while len([n for n in story.notices if n.party == PLACING]) < 5:
        await story.tells()
    sent = [heard(n) for n in story.notices]
    await register.receive(sent, (), ())
    view = register.as_reader(SURREY)
    everything = [record.notice.id for record in await view.notices()]

    first = [record.notice.id for record in await view.notices(2)]
    rest = [record.notice.id for record in await view.notices(before=first[-1])]

    assert [*first, *rest] == everything
    assert len(everything) == 5


async def test_a_list_cannot_be_begun_at_a_notice_of_another_agency(register: SqlRegister) -> None:
    story = Story(register=register, chance=random.Random(6))
    await story.opens()
    while {n.party for n in story.notices} != set(PARTIES):
        await story.tells()
    sent = [heard(n) for n in story.notices]
    await register.receive(sent, (), ())
    another = next(n for n in reversed(story.notices) if n.party == REGULATOR)

    assert await register.as_reader(SURREY).notices(before=another.id) == ()
