"""The stage on which a scenario is played: intake, a register, delivery, a clock that stands still.

Events come in as bytes, as a broker brings them; what goes out is read from the bytes that the
carriers were given. Nothing here asks the core what it meant.
"""

from __future__ import annotations

import email
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default as modern
from itertools import count
from typing import Any, Final

from hub.adapters.memory import SequentialMint
from hub.adapters.scripted import Carried
from hub.answers import Answers
from hub.concern import Party
from hub.decision import Decision, Held, Hold, Notify, OccasionKind, Withheld
from hub.directory import Agency, Contact, Directory, Endpoint
from hub.intake import Intake
from hub.intake.took import Became, TookIn
from hub.obligation import Obligation, ObligationKind
from hub.plan import Tools
from hub.ports import ConcernRecord, Received
from hub.vocabulary import AgencyId, Channel, ConcernId, InfoClass, Role
from tests.flow.intake_scene import EXAMPLES, STRUCTURED, USERS
from tests.flow.scenarios.recording import RECORDINGS, Recording
from tests.flow.scene import Scene, a_scene, running

HOST: Final = "gss:E10000032"
SURREY: Final = "gss:E10000030"
HAMPSHIRE: Final = "gss:E10000014"
NHS_SUSSEX: Final = "ods:QNX"
NHS_SURREY: Final = "ods:QXU"
CQC: Final = "regulator:cqc"
POLICE: Final = "gss:E23000033"
ROSEWOOD: Final = "cqc:1-1000000001"

A_CONCERN: Final = ConcernId("019ac1d2-7400-7000-8000-0000000c0101")
ANOTHER_CONCERN: Final = ConcernId("019ac1d2-7400-7000-8000-0000000c0102")

WSCC: Final = "https://cases.westsussex.example/concerns"
SUSSEX_POLICE: Final = "https://cases.sussex-police.example/concerns"

OPENING: Final[dict[str, Any]] = json.loads((EXAMPLES / "concern-opened.json").read_text())["data"]
"""What an opening says where a scenario does not: Rosewood House, as in the examples."""


def is_a(agency: str, role: Role) -> Party:
    """Return an agency in one part."""
    return Party(agency=AgencyId(agency), role=role)


THE_CQC: Final = is_a(CQC, Role.REGULATOR)
THE_HOST: Final = is_a(HOST, Role.HOST_AUTHORITY)
THE_ICB: Final = is_a(NHS_SUSSEX, Role.HOST_ICB)
THE_POLICE: Final = is_a(POLICE, Role.POLICE)
THE_PROVIDER: Final = is_a(ROSEWOOD, Role.PROVIDER)
CONTRACTS: Final = is_a(HOST, Role.CONTRACTS)
DUTY_TEAM: Final = is_a(HOST, Role.EMERGENCY_DUTY_TEAM)
HEAD: Final = is_a(HOST, Role.HEAD_OF_SAFEGUARDING)


def person(role: str, name: str = "Amara Okafor") -> dict[str, Any]:
    """Return a professional as an event names one."""
    return {"name": name, "role": role, "phone": "+44 1632 960101"}


def placed(agency: str | None, *adults: str, kind: str = "council") -> dict[str, Any]:
    """Return one line of a placement register."""
    return {
        "commissioner": agency,
        "kind": kind,
        "adults": list(adults),
        "source": "provider list",
        "verified_on": "2026-12-01",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of one event: the decisions it caused, by occasion kind."""

    took: TookIn
    decisions: tuple[Decision, ...]

    def told(self, kind: OccasionKind = OccasionKind.EVENT) -> dict[Party, str]:
        """Return exactly who is told, and by which notice."""
        return {
            d.party: d.notice
            for d in self.decisions
            if isinstance(d, Notify) and d.occasion.kind is kind
        }

    def classes(self, party: Party, kind: OccasionKind = OccasionKind.EVENT) -> set[InfoClass]:
        """Return the classes that a party is told."""
        mine = self._of(party, kind)
        return {s.info for d in mine if isinstance(d, Notify) for s in d.shared}

    def held(self, kind: OccasionKind = OccasionKind.EVENT) -> dict[Party, tuple[Held, ...]]:
        """Return from whom something is held, and what."""
        found = {
            d.party: d.held
            for d in self.decisions
            if isinstance(d, Notify | Hold) and d.occasion.kind is kind
        }
        return {party: held for party, held in found.items() if held}

    def withheld(self, party: Party) -> tuple[Withheld, ...]:
        """Return what a party is not told by this event, each with its reason."""
        mine = self._of(party, OccasionKind.EVENT)
        return tuple(w for d in mine for w in getattr(d, "withheld", ()))

    def reason(self, party: Party) -> str:
        """Return why it was decided so for a party."""
        return self._of(party, OccasionKind.EVENT)[0].reason.sentence

    def _of(self, party: Party, kind: OccasionKind) -> list[Decision]:
        return [d for d in self.decisions if d.party == party and d.occasion.kind is kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail as its bytes are."""

    carried: Carried
    party: Party
    notice: str
    mail: EmailMessage

    @property
    def to(self) -> str:
        """Return the one address it went to."""
        return self.carried.where

    @property
    def raw(self) -> str:
        """Return headers and decoded parts, for looking into."""
        parts = [p.get_content() for p in self.mail.walk() if p.get_content_maintype() == "text"]
        return "\n".join([*(f"{k}: {v}" for k, v in self.mail.items()), *map(str, parts)])

    @property
    def text(self) -> str:
        """Return what is read as plain text."""
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def prose(self) -> str:
        """Return what is read as plain text, without its line breaks."""
        return " ".join(self.text.split())


@dataclass(slots=True, kw_only=True)
class Play:
    """One scenario while it is played. `concern` is the one that events are about."""

    scene: Scene
    intake: Intake
    concern: ConcernId = A_CONCERN
    numbers: count[int] = field(default_factory=lambda: count(1))
    recording: Recording | None = None
    """Writes down what comes from outside, where somebody asks for it."""
    _read: int = 0

    async def says(
        self,
        name: str,
        /,
        *,
        source: str = WSCC,
        became: Became | None = Became.ACCEPTED,
        envelope: dict[str, Any] | None = None,
        **data: Any,  # noqa: ANN401 - of any field
    ) -> Heard:
        """A case system publishes one event; `became` is what must become of it (None: any)."""
        took = await self.publishes(self.body(name, data, source=source, **(envelope or {})))
        assert became is None or took.became is became, (took.became, took.faults, took.why)
        return Heard(took=took, decisions=await self._decided_by(took))

    async def opens(self, **changes: Any) -> Heard:  # noqa: ANN401 - of any field
        """The host authority opens the concern about Rosewood House."""
        return await self.says("concern.opened", **{**OPENING, **changes})

    async def publishes(self, body: bytes) -> TookIn:
        """Hand one body to intake, as the broker brings it from the publisher of its source."""
        user, prefix = USERS[json.loads(body)["source"]]
        if self.recording is not None:
            self.recording.published(body)
        message = Received(
            tag=1,
            body=body,
            content_type=STRUCTURED,
            headers={},
            user_id=user,
            routing_key=f"{prefix}.event",
            delivery_count=0,
            received=self.scene.clock.now(),
        )
        (took,) = await self.intake.take_in([message])
        return took

    def body(self, name: str, data: dict[str, Any], /, *, source: str, **envelope: Any) -> bytes:  # noqa: ANN401 - of any attribute
        """Return the bytes of one event, occurred now."""
        return json.dumps(
            {
                "specversion": "1.0",
                "id": f"scenario-{next(self.numbers)}",
                "source": source,
                "type": f"concernhub.{name}.v1",
                "subject": f"concern/{self.concern}",
                "concernid": self.concern,
                "time": self.scene.clock.now().isoformat(),
                "datacontenttype": "application/json",
                "policypack": "west-sussex",
                "hostgss": "E10000032",
                "data": data,
                **envelope,
            }
        ).encode()

    async def sent(self) -> list[Letter]:
        """Let everything that is due go out; return the mails of this turn, oldest first."""
        worker = self.scene.deliver(f"w-{next(self.numbers)}")
        async with running(self.scene, worker):
            await self.scene.pass_time(timedelta(seconds=1))
        record = await self.record()
        by_delivery = {d.id: n.notice for n in record.notices for d in n.deliveries}
        fresh = self.scene.mail.carried[self._read :]
        self._read = len(self.scene.mail.carried)
        return [
            Letter(
                carried=one,
                party=by_delivery[one.delivery.id].party,
                notice=by_delivery[one.delivery.id].template,
                mail=email.message_from_bytes(one.delivery.body, policy=modern),
            )
            for one in fresh
            if one.delivery.id in by_delivery
        ]

    def answers(self) -> Answers:
        """Return what takes answers on this stage."""
        register, clock, mint = self.scene.register, self.scene.clock, self.scene.tools.mint
        if self.recording is not None:
            return self.recording.answers(register=register, clock=clock, mint=mint)
        return Answers(register=register, clock=clock, mint=mint)

    async def record(self) -> ConcernRecord:
        """Return everything the screens show of the concern."""
        found = await self.scene.register.concern(self.concern)
        assert found is not None
        return found

    async def owes(self, kind: ObligationKind) -> list[Obligation]:
        """Return the open obligations of one kind, earliest due first."""
        return [o for o in (await self.record()).obligations if o.kind is kind]

    async def pass_time(self, by: timedelta) -> None:
        """Let virtual time pass; nothing is due to be sent meanwhile unless `sent` is asked."""
        await self.scene.pass_time(by)

    async def _decided_by(self, took: TookIn) -> tuple[Decision, ...]:
        found = await self.scene.register.concern(self.concern)
        if found is None:
            return ()
        return tuple(
            d
            for d in found.decisions
            if (d.occasion.event, d.occasion.event_source) == (took.event, took.source)
        )


@asynccontextmanager
async def a_play(changes: Iterable[Any] = ()) -> AsyncIterator[Play]:
    """Open a stage with the shipped pack, words and directory; `changes` go into the directory.

    An `Agency`, a `Contact` or an `Endpoint` replaces the one of its id, or is added.
    """
    asked = RECORDINGS.get()
    async with a_scene(asked.new_register()) if asked is not None else a_scene() as scene:
        scene.tools = replace(scene.tools, mint=SequentialMint())
        recording = None if asked is None else asked.begin(scene)
        for change in changes:
            await _put(scene, change)

        def shipped(partnership: str, now: Directory) -> Tools | None:
            return replace(scene.tools, directory=now) if partnership == "west-sussex" else None

        intake = Intake(scene.register, shipped, scene.clock, partnerships=lambda: ("west-sussex",))
        yield Play(scene=scene, intake=intake, recording=recording)
        if recording is not None:
            await recording.end()


async def _put(scene: Scene, change: Any) -> None:  # noqa: ANN401 - one of three
    match change:
        case Agency():
            await scene.register.put_agencies([change])
        case Contact():
            await scene.register.put_contact(change)
        case Endpoint():
            await scene.register.put_endpoint(change)
        case _:
            raise TypeError(change)


def mails_to(letters: Iterable[Letter], party: Party) -> list[Letter]:
    """Return the mails of one party."""
    return [letter for letter in letters if letter.party == party]


def channels_of(play: Play) -> set[Channel]:
    """Return by which channels anything went out at all."""
    return {one.delivery.channel for one in play.scene.carried}
