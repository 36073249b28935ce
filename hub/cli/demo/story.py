"""The story: what happens, what must be seen after each event, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.console import Console

from hub import api
from hub.adapters.clock import RandomMint
from hub.cli.demo import DemoFailed
from hub.cli.demo.events import shift_to_now, told_today
from hub.cli.demo.readers import acknowledge, text_of
from hub.cli.demo.stage import LEO, Stage
from hub.client import Client, Refused
from hub.concern import Party
from hub.decision import Decision, Hold, Notify
from hub.ports import ConcernRecord, NoticeRecord
from hub.receipt import fold, height
from hub.vocabulary import AgencyId, ConcernId, InfoClass, Role, Rung

HAMPSHIRE: Final = AgencyId("gss:E10000014")
DEAF: Final = "adults-safeguarding@hampshire.example"
DEPUTY: Final = "adults-safeguarding-deputy@hampshire.example"


@dataclass(slots=True, kw_only=True)
class Told:
    """The story so far."""

    stage: Stage
    console: Console
    concern: ConcernId
    mint: RandomMint
    published: int = 0

    async def publish(self, example: str, says: str) -> list[Decision]:
        """Publish one event, wait until it is decided and sent, and return its decisions."""
        event = told_today(example, self.concern, self.mint, shift_to_now("concern-opened"))
        await self.stage.publish(event)
        self.published += 1
        decided: list[Decision] = []

        async def done() -> bool:
            record = await self.stage.hub.register.concern(self.concern)
            mine = (
                [d for d in record.decisions if d.occasion.event == event["id"]] if record else []
            )
            decided[:] = mine
            return bool(mine)

        await self.stage.until(f"{example} is decided", done)
        await self._sent(example)
        told = sum(isinstance(d, Notify) for d in decided)
        held = sum(isinstance(d, Hold) for d in decided)
        self.console.print(f"  {says}", f"[dim]told {told}, held {held}[/dim]")
        return decided

    async def _sent(self, example: str) -> None:
        async def nothing_waits() -> bool:
            depths = await self.stage.hub.register.depths()
            return depths.queued == 0 and depths.leased == 0

        await self.stage.until(f"all notices of {example} are sent", nothing_waits)

    def expect(self, what: str, *, holds: bool) -> None:
        """Stop where the hub does not do what the demo says it does."""
        if not holds:
            raise DemoFailed(what)


async def play(stage: Stage, console: Console) -> Told:
    """Play the whole story. Raises DemoFailed at the first thing that is not as promised."""
    mint = RandomMint()
    told = Told(stage=stage, console=console, concern=ConcernId(mint.id()), mint=mint)
    console.print(
        "A concern about Rosewood House, from its opening to its confirmed closure", style="bold"
    )
    for scene in (_opening, _police, _middle, _refusing, _ending):
        await scene(told)
    await _closing(told)
    return told


async def _opening(told: Told) -> None:
    decided = await told.publish(
        "concern-opened", "A concern is opened; nobody knows of a crime yet"
    )
    provider = _of(decided, Role.PROVIDER)
    told.expect("the provider is held by H1", holds=_held_by(provider, "H1"))
    others = {Role.REGULATOR, Role.HOST_AUTHORITY, Role.HOST_ICB, Role.POLICE, Role.CONTRACTS}
    heard = {d.party.role for d in decided if isinstance(d, Notify)}
    told.expect("everybody else is told", holds=others <= heard)
    caveat = "until we say you may"
    mails = [" ".join(text_of(m.content).split()) for m in told.stage.mail.mails]
    told.expect(
        "each mail carries the caveat", holds=bool(mails) and all(caveat in m for m in mails)
    )
    await told.publish("lead-agency-set", "West Sussex leads")
    decided = await told.publish(
        "placement-register-declared", "Whoever placed adults there is known, and alerted"
    )
    placing = [d for d in decided if d.party.role is Role.PLACING_AUTHORITY]
    told.expect("each authority is alerted", holds=all(isinstance(d, Notify) for d in placing))
    await told.publish("chair-appointed", "There is a Chair")


async def _police(told: Told) -> None:
    decided = await told.publish(
        "police-advice-recorded", "The police release that the process exists, and no more"
    )
    provider = [d for d in decided if d.party.role is Role.PROVIDER and isinstance(d, Notify)]
    part = {s.info for d in provider for s in d.shared}
    told.expect("the provider is told its part alone", holds=part == {InfoClass.PROCESS})
    await told.publish("criminal-status-declared", "There is a criminal investigation")
    await told.publish("provider-informed", "The LEO has spoken with the provider")


async def _middle(told: Told) -> None:
    for example, says in (
        ("meeting-scheduled", "The initial meeting has a date"),
        ("stage-changed", "Stage 2: the initial meeting"),
        ("provider-involvement-reviewed", "The provider takes part"),
        ("hold-placed", "The regulator asks to hold the themes until it has visited"),
        ("placement-register-amended", "An authority is found late, and alerted at once"),
        ("hold-released", "The regulator has visited"),
    ):
        await told.publish(example, says)


async def _refusing(told: Told) -> None:
    """A mailbox that refuses: the next contact is told at once."""
    told.stage.mail.refuse(DEAF)
    before = len(told.stage.mail.mails)
    await told.publish(
        "stage-changed-findings", "Stage 3: findings. Hampshire's duty mailbox refuses"
    )

    async def deputy_told() -> bool:
        return any(DEPUTY in m.recipients for m in told.stage.mail.mails[before:])

    await told.stage.until("the deputy is told", deputy_told)
    told.console.print("  Hampshire's deputy has been told instead, at once")


async def _ending(told: Told) -> None:
    for example, says in (
        ("themes-agreed", "The meeting agrees the themes"),
        ("police-advice-recorded-release", "The police release the rest to the provider"),
        ("stage-changed-quality-assurance", "Stage 5: is it better, and does it last?"),
        ("qa-test-recorded", "A test shows, on evidence, that it is better and lasts"),
        ("stage-changed-closing", "Stage 6: closing"),
        ("closure-proposed", "The LEO proposes to close: the service has improved"),
        ("closure-authorised", "The Chair authorises; the closure notices go out"),
    ):
        await told.publish(example, says)


async def _closing(told: Told) -> None:
    """All told, one party silent: refused with the gap; acknowledged: confirmed."""
    notices = await _closure_notices(told)
    silent = Party(agency=HAMPSHIRE, role=Role.PLACING_AUTHORITY)
    told.expect("Hampshire has a closure notice", holds=silent in notices)

    async def all_sent() -> bool:
        reached = [fold(n.receipts).rung for n in (await _closure_notices(told)).values()]
        return all(height(rung) >= height(Rung.SUBMITTED) for rung in reached)

    await told.stage.until("every closure notice is accepted by the mail server", all_sent)
    for party, record in notices.items():
        if party != silent:
            await acknowledge(told.stage, record.notice, "Jo Reed", "duty manager")
    told.console.print(f"  {len(notices) - 1} parties acknowledge with the code; one is silent")
    answer = await _attest(told)
    all_gaps = answer.gaps if isinstance(answer, api.Problem) else ()
    gaps = [gap for gap in all_gaps if gap.agency == HAMPSHIRE]
    told.expect("the attestation is refused, naming the gap", holds=bool(gaps))
    told.console.print(f"  The LEO may not confirm yet: {gaps[0].says}")
    await acknowledge(told.stage, notices[silent].notice, "Lee Cole", "team manager")
    answer = await _attest(told)
    made = isinstance(answer, api.AttestationShown) and not answer.again
    told.expect(f"the LEO confirms closure, not {answer}", holds=made)
    told.console.print("  Hampshire acknowledges, and the LEO confirms that everybody was told")


async def _attest(told: Told) -> api.AttestationShown | api.Problem:
    http, url = told.stage.http, told.stage.hub.url
    async with http.post(f"{url}/v1/sign-in", json={"person": LEO}) as answer:
        token = (await answer.json())["token"]
    async with Client(url, token) as hub:
        try:
            return await hub.confirm_closure(told.concern, api.Confirmation(), once=told.concern)
        except Refused as refused:
            return refused.problem


async def _closure_notices(told: Told) -> dict[Party, NoticeRecord]:
    record: ConcernRecord = await told.stage.record(told.concern)
    return {n.notice.party: n for n in record.notices if n.notice.template == "closure-notice"}


def _of(decided: list[Decision], role: Role) -> Decision:
    return next(d for d in decided if d.party.role is role)


def _held_by(decision: Decision, kind: str) -> bool:
    return isinstance(decision, Hold) and all(h.kind == kind for h in decision.held)
