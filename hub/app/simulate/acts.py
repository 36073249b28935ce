"""What a step does to the hub but for events: each act by the door by which the world does it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hub.access import Official, Post
from hub.adapters.scripted import DELIVERED, LATER, SUBMITTED
from hub.adapters.smtp import verp_address
from hub.answers import Attested, Call, Declines, NotYet, has_left
from hub.app.simulate.parts import BOUNCES, Parts
from hub.app.simulate.publishing import Publishing
from hub.app.simulate.report import report
from hub.app.simulate.scenario import ScenarioRefused, Step
from hub.app.simulate.services import SAYS
from hub.app.simulate.tables import (
    AwayTable,
    ChangedContact,
    ChangedEndpoint,
    ChangesTable,
    ConfirmTable,
    OutcomeTable,
    ReplyTable,
    ReturnedTable,
    ServiceTable,
    StepTable,
    Whom,
)
from hub.app.simulate.timeline import Row, What
from hub.attestation import Waiver
from hub.bounce import ReturnedMail
from hub.concern import Party
from hub.directory import Contact, Endpoint
from hub.notice import Delivery, InDoubt, Outcome, Refused
from hub.pack.directory_file import agency_of, contact_of, endpoint_of
from hub.ports import ConcernRecord, NoticeRecord
from hub.vocabulary import (
    AgencyId,
    Channel,
    ConcernId,
    ContactId,
    EndpointId,
    Role,
)

_ANSWERS: Final[dict[str, Outcome]] = {"taken": SUBMITTED, "delivered": DELIVERED, "later": LATER}


@dataclass(slots=True, kw_only=True)
class Acts:
    """Does to the hub what steps say."""

    parts: Parts
    publishing: Publishing
    _mails: int = 0

    async def do(self, step: Step) -> list[Row]:
        """Do one step; return what is to be said of it that no register will say by itself.

        Raises ScenarioRefused for what cannot be done as things stand then.
        """
        table = step.table
        if step.body is not None or table.event is not None:
            return [await self.publishing.publish(step)]
        if table.reply is not None:
            for record in await self._meant(table.reply, step):
                await self.reply(table.reply, record)
            return []
        if table.returned is not None:
            return [await self._come_back(table.returned, step)]
        if table.confirm is not None:
            return [
                row
                for each in self.publishing.concerns
                for row in await self._confirm(each, table.confirm)
            ]
        said = await self._arrange(table, step)
        return [self._said(said)] if said else []

    async def reply(self, table: ReplyTable, record: NoticeRecord) -> None:
        """Answer one notice, by its code or by a call that is written down."""
        notice, answers = record.notice, self.parts.answers
        declines = (
            None
            if table.declines is None
            else Declines(because=table.declines, reason=table.reason)
        )
        if table.by == "call":
            now = self.parts.clock.now()
            call = Call(
                name=table.name, role=table.job, how="by telephone", at=now, declines=declines
            )
            concern = await self._concern(notice.concern)
            await answers.record_call(notice.id, _leo(concern, "A lead enquiry officer"), call)
        elif declines is not None:
            await answers.decline_by_code(
                notice.id, table.name, table.job, notice.ack_code, declines
            )
        else:
            await answers.acknowledge_by_code(notice.id, table.name, table.job, notice.ack_code)

    async def _arrange(self, table: StepTable, step: Step) -> str:
        """Change what the hub finds around it; return what was changed."""
        if table.outcome is not None:
            return await self._script(table.outcome, step)
        if table.away is not None:
            return self._away(table.away)
        if table.service is not None:
            return self._services(table.service)
        if table.directory is not None:
            return await self._change(table.directory)
        if step.folder is not None:
            faults = await self.parts.renew(step.folder)
            if faults:
                return f"the policy is refused, and the old one stays: {'; '.join(faults)}"
            packs = self.parts.shelf.books.packs.values()
            return f"in force: {', '.join(f'{p.partnership} {p.version}' for p in packs)}"
        if table.runs is not None:
            await self.parts.run(*table.runs)
            return f"what runs: {', '.join(table.runs) or 'nothing'}"
        return ""

    async def _script(self, table: OutcomeTable, step: Step) -> str:
        directory, answer = await self.parts.register.directory(), _outcome(table)
        outcomes = [answer] * table.times
        if (contact := directory.contact(ContactId(table.target))) is not None:
            self.parts.way_to(contact).then(table.target, *outcomes)
        elif directory.endpoint(EndpointId(table.target)) is not None:
            self.parts.hooks.then(table.target, *outcomes)
        else:
            says = f"the directory has no contact or endpoint `{table.target}`"
            raise ScenarioRefused([f"{step.where}: {says}"])
        times = "" if table.times == 1 else f", {table.times} times"
        return f"{table.target} answers: {table.says}{times}"

    def _away(self, table: AwayTable) -> str:
        way = self.parts.mail if table.channel == "email" else self.parts.hooks
        way.away = table.says or None
        return f"{table.channel}: {table.says or 'open again'}"

    def _services(self, table: ServiceTable) -> str:
        channel = Channel(table.channel)
        self.parts.services[channel].says = SAYS[channel][table.says]
        return f"asked what became of messages, {channel} says: {table.says}"

    async def _change(self, table: ChangesTable) -> str:
        register = self.parts.register
        if table.agency:
            await register.put_agencies([agency_of(each) for each in table.agency])
        for contact in table.contact:
            await register.put_contact(_contact(contact))
        for endpoint in table.endpoint:
            await register.put_endpoint(_endpoint(endpoint))
        named: list[str] = [each.id for each in table.agency]
        named += [each.id for each in table.contact]
        named += [each.id for each in table.endpoint]
        return f"the directory changes: {', '.join(named)}"

    async def _come_back(self, table: ReturnedTable, step: Step) -> Row:
        record = (await self._meant(table, step))[-1]
        mails = [one for one in record.deliveries if one.channel is Channel.EMAIL]
        mails = [one for one in mails if table.contact in {None, one.target}]
        if not mails:
            raise ScenarioRefused([f"{step.where}: no such mail has been written"])
        delivery = mails[-1]
        self._mails += 1
        by_person = table.report == "a person replies"
        contact = (await self.parts.register.directory()).contact(ContactId(delivery.target))
        mailbox = contact.address if contact else "somebody@nowhere.test"
        await self.parts.register.keep_mail(
            ReturnedMail(
                id=f"mail-{self._mails}",
                sender=mailbox if by_person else "",
                recipient=self._bounce_address(delivery),
                raw=report(table.report, f"{delivery.id}@{self._domain}", mailbox),
                received=self.parts.clock.now(),
            )
        )
        await self.parts.returns.read_all()
        return self._said(f"a mail comes back from {delivery.target}: {table.report}", record)

    async def _confirm_all(self, table: ConfirmTable) -> list[Row]:
        concerns = self.publishing.concerns
        return [row for each in concerns for row in await self._confirm(each, table)]

    async def _confirm(self, concern: ConcernId, table: ConfirmTable) -> list[Row]:
        known = await self._concern(concern)
        waivers = [
            Waiver(
                party=Party(agency=AgencyId(each.agency), role=Role(each.role)),
                reason=each.reason,
                name=each.name,
            )
            for each in table.waive
        ]
        answer = await self.parts.answers.attest(concern, _leo(known, table.by), waivers)
        now = self.parts.clock.now()
        match answer:
            case Attested():
                says = f"by {answer.attestation.by}: {len(answer.attestation.reached)} were told"
                return [Row(at=now, what=What.CONFIRMED, concern=concern, says=says)]
            case NotYet():
                return [
                    Row(
                        at=now,
                        what=What.NOT_CONFIRMED,
                        concern=concern,
                        party=gap.party,
                        says=gap.says,
                    )
                    for gap in answer.gaps
                ]
            case _:
                return [Row(at=now, what=What.NOT_CONFIRMED, concern=concern, says="not theirs")]

    async def _meant(self, whom: Whom, step: Step) -> list[NoticeRecord]:
        """Return the newest notice of each party that is meant, of those that have left."""
        newest: dict[tuple[ConcernId, Party], NoticeRecord] = {}
        for concern in self.publishing.concerns:
            for each in (await self._concern(concern)).notices:
                party = each.notice.party
                if whom.means(party.agency, party.role, each.notice.template) and has_left(each):
                    newest[concern, party] = each
        if not newest:
            raise ScenarioRefused([f"{step.where}: no such notice has left by then"])
        return list(newest.values())

    async def _concern(self, concern: ConcernId) -> ConcernRecord:
        record = await self.parts.register.concern(concern)
        if record is None:
            raise ScenarioRefused([f"nothing is known of concern {concern}"])
        return record

    def _said(self, says: str, about: NoticeRecord | None = None) -> Row:
        return Row(
            at=self.parts.clock.now(),
            what=What.STEP,
            concern=about.notice.concern if about else None,
            party=about.notice.party if about else None,
            says=says,
        )

    @property
    def _domain(self) -> str:
        return self.parts.books.sender.message_id_domain

    def _bounce_address(self, delivery: Delivery) -> str:
        return verp_address(delivery.id, domain=self._domain, key=BOUNCES)


def _leo(record: ConcernRecord, name: str) -> Official:
    host = record.concern.host_authority
    return Official(id="simulated-leo", name=name, post=Post.LEO, agency=host)


def _outcome(table: OutcomeTable) -> Outcome:
    at = SUBMITTED.at  # The carrier puts the clock's in its place.
    if table.says == "refused":
        return Refused(at=at, detail=table.words, because=table.because)
    if table.says == "in doubt":
        return InDoubt(at=at, detail=table.words)
    return _ANSWERS[table.says]


def _contact(table: ChangedContact) -> Contact:
    unsure = table.verified_on is None if table.unverified is None else table.unverified
    return replace(contact_of(table), usable=table.usable, unverified=unsure)


def _endpoint(table: ChangedEndpoint) -> Endpoint:
    return replace(endpoint_of(table), parked=table.parked)
