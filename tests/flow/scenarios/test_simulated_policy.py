"""S20, the policy replaced, is simulated from its own recording as well."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import pytest

from hub.adapters.memory import SequentialMint
from hub.app.books import open_books
from hub.app.simulate import What, read_scenario, simulate
from hub.decision import Notify
from hub.intake import TookIn
from hub.ports import ConcernRecord
from tests.flow.intake_scene import body_of
from tests.flow.reload_scene import SENDER, Renewal, renewal
from tests.flow.scenarios import test_s20_policy_replaced as s20
from tests.flow.scenarios.recording import toml

PLAYS: Final[list[Callable[[Renewal], Awaitable[None]]]] = [
    s20.test_S20_old_decisions_keep_the_old_pack_new_ones_the_new_and_each_notice_says_which,
    s20.test_S20_other_words_are_understood_and_what_was_sent_is_kept_as_it_was_sent,
    s20.test_S20_a_word_means_something_from_the_version_that_says_so,
]


@dataclass(kw_only=True)
class HeardRenewal(Renewal):
    """A hub with its folder, that writes down what it takes and which packs came into force."""

    written: Path
    steps: list[dict[str, Any]] = field(default_factory=list)
    became: list[str] = field(default_factory=list)
    last: str = ""

    async def takes(self, body: bytes) -> TookIn:
        name = f"{len(self.steps)}"
        if self.last and self.last != self.hash:
            shutil.copytree(self.folder, self.written / f"policy-{name}")
            self.steps.append({"policy": f"policy-{name}"})
        self.last = self.hash
        (self.written / f"event-{name}.json").write_bytes(body)
        self.steps.append({"file": f"event-{name}.json"})
        took = await super().takes(body)
        self.became.append(took.became)
        return took

    def scenario(self) -> Path:
        lines = ["[scenario]", 'title = "S20"', f"until = {toml(self.clock.now())}"]
        lines += ["[[step]]", f"at = {toml(self.clock.now())}", "runs = []"]
        for step in self.steps:
            lines += ["[[step]]", *(f"{key} = {toml(value)}" for key, value in step.items())]
        file = self.written / "scenario.toml"
        file.write_text("\n".join(lines), "utf-8")
        return file


@pytest.mark.timeout(900)  # every play is played twice
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.__name__)
async def test_S20_what_is_simulated_is_what_the_real_run_did(
    play: Callable[[Renewal], Awaitable[None]], tmp_path: Path
) -> None:
    written = tmp_path / "written"
    written.mkdir()
    async with renewal(tmp_path) as opened:
        parts = {one.name: getattr(opened, one.name) for one in fields(opened)}
        shutil.copytree(opened.folder, written / "policy")
        hub = HeardRenewal(**parts, written=written)
        await hub.takes(body_of("concern-opened"))
        await hub.takes(body_of("criminal-status-declared", data=s20.NO_CRIME))
        await play(hub)
        real = await hub.record()
        scenario = read_scenario(hub.scenario())

    books = open_books(written / "policy", None, SENDER, SequentialMint())
    found = await simulate(scenario, books)

    (record,) = found.records
    assert [r.detail["became"] for r in found.rows if r.what is What.EVENT] == hub.became
    assert decided(record) == decided(real)
    assert words(record) == words(real)
    assert record.concern == real.concern
    replaced = [row.says for row in found.rows if row.what is What.STEP][1:]
    assert replaced == [f"in force: west-sussex {s20.V4}"] * len(replaced)
    assert len(replaced) == sum("policy" in step for step in hub.steps)


def decided(record: ConcernRecord) -> list[tuple[Any, ...]]:
    """Every decision, in order, with the pack that it rests on."""
    return [
        (
            type(one),
            one.party,
            one.occasion.event_name,
            one.pack,
            one.reason,
            one.shared if isinstance(one, Notify) else (),
            getattr(one, "held", ()),
            getattr(one, "withheld", ()),
        )
        for one in record.decisions
    ]


def words(record: ConcernRecord) -> list[tuple[Any, ...]]:
    """Every notice in its words, but for its code and id: these are chance in a real run."""
    return [
        (
            each.notice.party,
            each.notice.template,
            each.notice.text.replace(each.notice.ack_code, "CODE").replace(each.notice.id, "ID"),
        )
        for each in record.notices
    ]
