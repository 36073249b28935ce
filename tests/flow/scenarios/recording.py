"""What a play was given from outside, as a scenario that `hub simulate` can play; what it did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

from hub.access import Official
from hub.adapters.scripted import (
    DELIVERED,
    LATER,
    SUBMITTED,
    Carried,
    ScriptedCarrier,
    ScriptedService,
)
from hub.answers import (
    Acknowledged,
    Answers,
    Attested,
    CodeRefused,
    Incomplete,
    NotFound,
    NotYet,
    NotYours,
)
from hub.app.simulate.services import SAYS
from hub.bounce import ReturnedMail
from hub.closure import Waiver
from hub.deliver import Deliver
from hub.directory import Agency, Contact, Endpoint
from hub.notice import Accepted, Deferred, Outcome, Refused
from hub.ports import Clock, ConcernRecord, NoticeRecord, Register
from hub.ports.tracked import Fate
from hub.tracking import Tracking
from hub.vocabulary import Channel, ConcernId, NoticeId
from hub.watch import Watch
from tests.flow.scene import Runs, Scene
from tests.migrated import migrated_file

Step = dict[str, Any]
"""One `[[step]]`, but for when."""


@dataclass(slots=True, kw_only=True)
class Recordings:
    """Every play that is played while somebody asks for recordings."""

    folder: Path
    plays: list[Recording] = field(default_factory=list)

    def new_register(self) -> str:
        """Return the URL of a file of its own, where a simulation has its register in memory."""
        return migrated_file(self.folder / f"real-{len(self.plays)}.sqlite")

    def begin(self, scene: Scene) -> Recording:
        """Write down from now on what comes from outside."""
        folder = self.folder / f"play-{len(self.plays)}"
        folder.mkdir()
        recording = Recording(scene=scene, folder=folder)
        recording.listen()
        self.plays.append(recording)
        return recording


RECORDINGS: Final[ContextVar[Recordings | None]] = ContextVar("RECORDINGS", default=None)


@contextmanager
def recorded(folder: Path) -> Iterator[Recordings]:
    """Record every play of this block."""
    asked = Recordings(folder=folder)
    token = RECORDINGS.set(asked)
    try:
        yield asked
    finally:
        RECORDINGS.reset(token)


@dataclass(slots=True, kw_only=True)
class Recording:
    """One play: what it was given, step by step, and what had come of it at its end."""

    scene: Scene
    folder: Path
    steps: list[tuple[datetime, Step]] = field(default_factory=list)
    records: list[ConcernRecord] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    ended_at: datetime | None = None
    running: tuple[str, ...] = ()
    _concerns: dict[ConcernId, None] = field(default_factory=dict)

    def listen(self) -> None:
        """Hear what the play does to its carriers, its register and its workers."""
        scene = self.scene
        scene.mail = Scripted(self, "email", scene.clock)
        scene.hooks = Scripted(self, "webhook", scene.clock)
        scene.mesh = Asked(self, Channel.MESH, clock=scene.clock)
        scene.texts = Asked(self, Channel.SMS, clock=scene.clock, otherwise=SUBMITTED)
        scene.runs = self.runs
        line = scene.line
        line._register = cast(Register, Written(self, line._register))
        self.add(runs=[])
        for endpoint in scene.tools.directory.endpoints:
            self.add(directory={"endpoint": [as_table(endpoint)]})

    def add(self, **step: object) -> None:
        self.steps.append((self.scene.clock.now(), step))

    def published(self, body: bytes) -> None:
        name = f"event-{len(self.steps)}.json"
        (self.folder / name).write_bytes(body)
        self._concerns[ConcernId(json.loads(body)["concernid"])] = None
        self.add(file=name)

    def runs(self, workers: Sequence[Runs]) -> None:
        names = {Deliver: "deliver", Tracking: "tracking", Watch: "watch"}
        self.running = tuple(sorted(names[type(worker)] for worker in workers))
        self.add(runs=list(self.running))

    def looked(self) -> None:
        """Somebody has let the watch sweep once."""
        if "watch" not in self.running:
            self.add(runs=[*self.running, "watch"])
            self.add(runs=list(self.running))

    def answers(self, **parts: Any) -> Answers:  # noqa: ANN401 - any of its parts
        made = HeardAnswers(**parts)
        made.recording.append(self)
        return made

    async def end(self) -> None:
        """Read what had come of it, and write the scenario."""
        self.ended_at = self.scene.clock.now()
        for concern in self._concerns:
            record = await self.scene.register.concern(concern)
            if record is not None:
                self.records.append(record)
        self.carried = self.scene.carried
        self.file.write_text(self.scenario(), "utf-8")

    @property
    def file(self) -> Path:
        return self.folder / "scenario.toml"

    def scenario(self) -> str:
        """The whole play as a scenario file."""
        head = {"title": "As it was played", "until": self.ended_at}
        lines = ["[scenario]", *(f"{key} = {toml(value)}" for key, value in head.items())]
        for at, step in self.steps:
            lines += ["", "[[step]]", f"at = {toml(at)}"]
            lines += [f"{key} = {toml(value)}" for key, value in step.items()]
        return "\n".join(lines) + "\n"


class Scripted(ScriptedCarrier):
    """A scripted carrier whose script is written down."""

    def __init__(self, recording: Recording, channel: str, clock: Clock) -> None:
        self._recording, self._channel = recording, channel
        self._away: str | None = None
        super().__init__(clock=clock)

    def then(self, target: str, *outcomes: Outcome) -> None:
        for outcome in outcomes:
            self._recording.add(outcome={"target": target, **_said(outcome)})
        super().then(target, *outcomes)

    @property
    def away(self) -> str | None:
        return self._away

    @away.setter
    def away(self, says: str | None) -> None:
        if says != self._away:
            self._recording.add(away={"channel": self._channel, "says": says or ""})
        self._away = says


class Asked(ScriptedService):
    """A scripted service; what it says when it is asked is written down."""

    def __init__(self, recording: Recording, channel: Channel, **parts: Any) -> None:  # noqa: ANN401 - any of its parts
        self._fate: Fate | None = None
        super().__init__(**parts)
        self._recording, self._channel = recording, channel

    @property
    def says(self) -> Fate | None:
        return self._fate

    @says.setter
    def says(self, fate: Fate | None) -> None:
        if fate != self._fate:
            (word,) = (word for word, meant in SAYS[self._channel].items() if meant == fate)
            self._recording.add(service={"channel": self._channel, "says": word})
        self._fate = fate


def _said(outcome: Outcome) -> dict[str, str]:
    match outcome:
        case Refused(because=because, detail=words):
            return {"says": "refused", "because": because, "words": words}
        case Deferred() if outcome == LATER:
            return {"says": "later"}
        case Accepted() if outcome == DELIVERED:
            return {"says": "delivered"}
        case _:
            raise TypeError(outcome)


class Written:
    """A register that tells of what is put into it by hand."""

    def __init__(self, recording: Recording, register: Register) -> None:
        self._recording, self._register = recording, register

    def __getattr__(self, name: str) -> object:
        return getattr(self._register, name)

    async def put_agencies(self, agencies: Sequence[Agency]) -> None:
        self._recording.add(directory={"agency": [as_table(each) for each in agencies]})
        await self._register.put_agencies(agencies)

    async def put_contact(self, contact: Contact) -> None:
        self._recording.add(directory={"contact": [as_table(contact)]})
        await self._register.put_contact(contact)

    async def put_endpoint(self, endpoint: Endpoint) -> None:
        self._recording.add(directory={"endpoint": [as_table(endpoint)]})
        await self._register.put_endpoint(endpoint)

    async def say_overdue(self, limit: int) -> int:
        self._recording.looked()
        return await self._register.say_overdue(limit)

    async def keep_mail(self, mail: ReturnedMail) -> None:
        await self._register.keep_mail(mail)
        for concern in self._recording._concerns:
            record = await self._register.concern(concern)
            for notice in record.notices if record else ():
                for delivery in notice.deliveries:
                    if delivery.id.encode() in mail.raw:
                        whom = {**whose(notice), "contact": str(delivery.target)}
                        self._recording.add(returned={**whom, "report": _report(mail.raw)})


def _report(raw: bytes) -> str:
    for word in ("failed", "delayed", "delivered"):
        if f"Action: {word}".encode() in raw:
            return word
    return "a person replies"


@dataclass(slots=True, kw_only=True)
class HeardAnswers(Answers):
    """Answers that are written down before they are given."""

    recording: list[Recording] = field(default_factory=list)

    async def acknowledge_by_code(
        self, notice: NoticeId, name: str, role: str, code: str
    ) -> Acknowledged | CodeRefused | Incomplete:
        record = await self.register.notice(notice)
        assert record is not None
        assert record.notice.ack_code == code
        self.recording[0].add(reply={**whose(record), "name": name, "job": role})
        # Without super(): a dataclass with slots is another class than the one it was made from.
        return await Answers.acknowledge_by_code(self, notice, name, role, code)

    async def attest(
        self, concern: ConcernId, person: Official, waivers: Sequence[Waiver] = ()
    ) -> Attested | NotYet | NotYours | NotFound:
        waive = [
            {"agency": w.party.agency, "role": w.party.role, "reason": w.reason, "name": w.name}
            for w in waivers
        ]
        self.recording[0].add(confirm={"by": person.name, "waive": waive})
        return await Answers.attest(self, concern, person, waivers)


def whose(record: NoticeRecord) -> dict[str, str]:
    """Whom a step means: one notice of one party."""
    party = record.notice.party
    return {"agency": party.agency, "role": party.role, "notice": record.notice.template}


def as_table(one: Agency | Contact | Endpoint) -> dict[str, Any]:
    """A row of the directory as `directory.toml` writes it."""
    names = {
        Agency: "id name kind nation out_of_hours_phone mail_domains successor",
        Contact: "id agency roles name address order verified_on usable unverified accredited "
        "accredited_until",
        Endpoint: "id agency roles url hosts parked accredited accredited_until",
    }
    found = {name: getattr(one, name) for name in names[type(one)].split()}
    return {name: value for name, value in found.items() if value is not None}


def toml(value: object) -> str:
    """Write a value as TOML has it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case dict():
            return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
        case frozenset():
            return toml(sorted(value))
        case list() | tuple():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)
