"""`POST /v1/events` over loopback: the same intake, and an answer that says what became of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from aiohttp import ClientSession

from hub.intake import Intake
from hub.routes.deps import WebSettings
from hub.vocabulary import PublisherId
from tests.flow.intake_scene import CONCERN, body_of, document
from tests.flow.rosewood import Rosewood, rosewood, served

KEYS: Final = {"wscc-key": PublisherId("wscc"), "police-key": PublisherId("sussex-police")}
STRUCTURED: Final = "application/cloudevents+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    story: Rosewood
    browser: ClientSession

    async def send(
        self, body: bytes, *, key: str | None = "wscc-key", kind: str = STRUCTURED, **headers: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        sent = {"Content-Type": kind} | {n.replace("_", "-"): v for n, v in headers.items()}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        async with self.browser.post("/v1/events", data=body, headers=sent) as response:
            said = json.loads(await response.read())
            return response.status, said, dict(response.headers)


@asynccontextmanager
async def opened(body_seconds: float = 10.0) -> AsyncIterator[Door]:
    async with rosewood() as story:
        intake = Intake(
            story.register,
            lambda name, _: story.tools if name == "west-sussex" else None,
            story.clock,
            partnerships=lambda: ("west-sussex",),
        )
        changes: dict[str, Any] = {"take_in": intake.take_in, "publisher_for": KEYS.get}
        if body_seconds < 10:
            changes["settings"] = WebSettings(
                public_url="http://hub.test", body_seconds=body_seconds
            )
        async with served(story, **changes) as browser:
            yield Door(story=story, browser=browser)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with opened() as made:
        yield made


async def test_an_event_is_answered_with_its_receipt_once_it_is_written_down(door: Door) -> None:
    status, receipt, headers = await door.send(body_of("concern-opened"))

    record = await door.story.register.concern(CONCERN)
    assert record is not None
    assert status == 202
    assert headers["Content-Type"].startswith("application/json")
    assert receipt == {
        "became": "accepted",
        "id": document("concern-opened")["id"],
        "source": document("concern-opened")["source"],
        "concern": CONCERN,
        "decisions": len(record.decisions),
        "notices": len(record.notices),
        "links": {"decisions": f"{door.story.base}/concerns/{CONCERN}"},
    }


async def test_binary_mode_is_the_same_event(door: Door) -> None:
    whole = document("concern-opened")
    data = json.dumps(whole.pop("data")).encode()
    whole.pop("datacontenttype")
    headers = {f"ce-{name}": str(value) for name, value in whole.items()}

    status, receipt, _ = await door.send(data, kind="application/json", **headers)

    assert (status, receipt["id"]) == (202, whole["id"])


async def test_an_event_that_cannot_follow_yet_is_accepted_and_says_why(door: Door) -> None:
    status, receipt, _ = await door.send(body_of("chair-appointed"))

    assert status == 202
    assert receipt["became"] == "waiting"
    assert "concern.opened" in receipt["why"]


async def test_a_duplicate_is_200_and_a_reused_id_409(door: Door) -> None:
    await door.send(body_of("concern-opened"))

    again, same, _ = await door.send(body_of("concern-opened"))
    other, conflict, headers = await door.send(
        body_of("concern-opened", time="2026-12-01T09:31:00Z")
    )

    assert (again, same["became"]) == (200, "duplicate")
    assert other == 409
    assert headers["Content-Type"].startswith("application/problem+json")
    assert [fault["pointer"] for fault in conflict["faults"]] == ["/id"]


async def test_every_fault_is_listed_by_its_pointer(door: Door) -> None:
    broken = document("concern-opened", id=7, time="soon", policypack=None)

    status, said, headers = await door.send(json.dumps(broken).encode())

    assert status == said["status"] == 422
    assert headers["Content-Type"].startswith("application/problem+json")
    assert {fault["pointer"] for fault in said["faults"]} == {"/id", "/time", "/policypack"}
    (kept,) = await door.story.register.quarantined()
    assert kept.id == said["quarantine"]
    assert "key" not in str(kept.poison.headers)


@pytest.mark.parametrize("key", [None, "", "wrong", "wscc-key2"])
async def test_without_a_publishers_key_nothing_is_read(door: Door, key: str | None) -> None:
    status, _, headers = await door.send(body_of("concern-opened"), key=key)

    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
    assert await door.story.register.concern(CONCERN) is None


async def test_another_scheme_is_no_key(door: Door) -> None:
    status, _, _ = await door.send(b"{}", key=None, Authorization="Basic wscc-key")

    assert status == 401


async def test_a_publisher_that_may_not_is_403(door: Door) -> None:
    police = "https://cases.sussex-police.example/concerns"

    not_its_source, _, _ = await door.send(body_of("concern-opened"), key="police-key")
    not_its_type, said, _ = await door.send(
        body_of("concern-opened", source=police), key="police-key"
    )

    assert not_its_source == not_its_type == 403
    assert "/type" in {fault["pointer"] for fault in said["faults"]}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "application/cloudevents-batch+json", ""]
)
async def test_what_carries_no_event_is_415(door: Door, kind: str) -> None:
    status, _, _ = await door.send(b"{}", kind=kind)

    assert status == 415
    assert await door.story.register.quarantined() == ()


async def test_a_quarter_of_a_mebibyte_is_read_and_one_byte_more_is_413(door: Door) -> None:
    body = body_of("concern-opened")
    padded = body + b" " * (256 * 1024 - len(body))

    assert (await door.send(padded))[0] == 202
    assert (await door.send(padded + b" "))[0] == 413


async def test_a_body_that_stalls_is_408() -> None:
    async with opened(body_seconds=0.2) as door:
        held = asyncio.Event()

        async def dribble() -> AsyncIterator[bytes]:
            yield b"{"
            await held.wait()

        headers = {"Content-Type": STRUCTURED, "Authorization": "Bearer wscc-key"}
        async with door.browser.post("/v1/events", data=dribble(), headers=headers) as response:
            assert response.status == 408
        held.set()


async def test_a_header_sent_twice_is_no_attribute(door: Door) -> None:
    whole = document("concern-opened")
    data = json.dumps(whole.pop("data")).encode()
    sent = [
        (f"ce-{name}", str(value)) for name, value in whole.items() if name != "datacontenttype"
    ]
    sent += [
        ("ce-time", "2026-12-01T09:31:00Z"),
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer wscc-key"),
    ]

    async with door.browser.post("/v1/events", data=data, headers=sent) as response:
        said = json.loads(await response.read())

    assert response.status == 422
    assert [fault["pointer"] for fault in said["faults"]] == ["/time"]
