"""Signing keys that take turns: which sign when, and how an operator says so."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hub.adapters.endpoint_keys import endpoint_keys
from hub.adapters.secrets import KeysUnusable
from hub.adapters.webhook import signed_headers
from hub.directory import EndpointKey
from hub.rotation import KeyState, in_turn, live, silences, state
from hub.vocabulary import DeliveryId, EndpointId

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
MOMENT = timedelta(microseconds=1)
BODY = b'{"specversion":"1.0"}'
OLD = EndpointKey(id="old", secret=b"o" * 32)
NEW = EndpointKey(id="new", secret=b"n" * 32, since=START)


def whsec(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


def given(*keys: object) -> tuple[EndpointKey, ...]:
    return endpoint_keys(json.dumps({"surrey-hook": keys}))[EndpointId("surrey-hook")]


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        (START - WEEK, KeyState.ACTIVE, KeyState.PENDING),
        (START - MOMENT, KeyState.ACTIVE, KeyState.PENDING),
        (START, KeyState.RETIRING, KeyState.ACTIVE),
        (START + WEEK - MOMENT, KeyState.RETIRING, KeyState.ACTIVE),
        (START + WEEK, KeyState.RETIRED, KeyState.ACTIVE),
        (START + 52 * WEEK, KeyState.RETIRED, KeyState.ACTIVE),
    ],
)
def test_the_old_key_signs_seven_days_beside_the_new_one(
    at: datetime, old: KeyState, new: KeyState
) -> None:
    keys = in_turn((OLD, NEW))

    assert [state(key, at) for key in keys] == [old, new]
    assert all(key in keys for key in live(keys, at))


@pytest.mark.parametrize(
    ("into", "verifies"),
    [
        (-timedelta(seconds=1), {"old"}),
        (timedelta(0), {"old", "new"}),
        (WEEK - timedelta(seconds=1), {"old", "new"}),
        (WEEK, {"new"}),
    ],
)
def test_receivers_with_either_key_verify_during_the_overlap_and_not_before_or_after(
    into: timedelta, verifies: set[str]
) -> None:
    # The oracle goes by the machine's clock, so it is the change-over that moves.
    now = datetime.now(UTC)
    began = (now - into).isoformat()
    keys = given(whsec(OLD.secret), {"key": whsec(NEW.secret), "from": began})

    headers = signed_headers(DeliveryId("d-1"), now, BODY, live(keys, now))

    assert {key.id for key in (OLD, NEW) if _verifies(Webhook(key.secret), headers)} == verifies
    assert len(headers["webhook-signature"].split()) == len(verifies)


def test_three_keys_follow_each_other_in_whatever_order_they_stand() -> None:
    last = EndpointKey(id="last", secret=b"l" * 32, since=START + 10 * WEEK)

    found = {key.id: key for key in in_turn((last, OLD, NEW))}

    assert found["old"].until == START + WEEK
    assert found["new"].until == START + 11 * WEEK
    assert found["last"].until is None


def test_a_key_with_an_end_of_its_own_keeps_it() -> None:
    stolen = EndpointKey(id="old", secret=b"o" * 32, until=START + timedelta(hours=1))

    kept, _ = in_turn((stolen, NEW))

    assert kept.until == START + timedelta(hours=1)
    assert state(kept, START + timedelta(hours=1)) is KeyState.RETIRED


def test_keys_without_times_all_sign_as_they_always_did() -> None:
    both = (OLD, EndpointKey(id="other", secret=b"x" * 32))

    assert in_turn(both) == both
    assert live(both, START) == both
    assert list(silences(both)) == []


def test_a_time_in_any_zone_is_its_instant() -> None:
    summer = START.astimezone(timezone(timedelta(hours=1)))

    (key,) = given({"key": whsec(b"k" * 32), "from": summer.isoformat()})

    assert key.since == START
    assert key.since.utcoffset() == timedelta(0)


GOOD = whsec(b"g" * 32)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"cqc": "whsec_"}, "cqc: must be a list of whsec_ keys"),
        ({"cqc": [GOOD, "whsec_c2hvcnQ="]}, "cqc: key 2: must be whsec_ and base64"),
        ({"cqc": [{}]}, "cqc: key 1: must be whsec_ and base64"),
        ({"cqc": [{"key": GOOD, "since": "2026"}]}, "something other than key, from and until"),
        ({"cqc": [{"key": GOOD, "from": "2026-12-01T09:00:00"}]}, "`from` is no time with its"),
        ({"cqc": [{"key": GOOD, "from": "soon"}]}, "`from` is no time with its zone"),
        ({"cqc": [{"key": GOOD, "until": None}]}, "`until` is no time with its zone"),
        ({"cqc": [{"key": GOOD, "until": 1764579600}]}, "`until` is no time with its zone"),
        ({"cqc": [{"key": GOOD, "until": "9999-12-31T23:59:59-01:00"}]}, "`until` is no time"),
        (
            {"cqc": [{"key": GOOD, "from": "2026-12-01T09:00:00Z", "until": "2026-12-01T09:00Z"}]},
            "`from` is not before `until`",
        ),
        (
            {
                "cqc": [
                    {"key": GOOD, "until": "2026-12-01T00:00:00Z"},
                    {"key": whsec(b"n" * 32), "from": "2026-12-02T00:00:00Z"},
                ]
            },
            "cqc: no key signs from 2026-12-01T00:00:00+00:00 until 2026-12-02T00:00:00+00:00",
        ),
        ({"cqc": [GOOD], "ciw": [GOOD]}, "cqc#0, ciw#0: the same key"),
        ({"cqc": [GOOD, GOOD]}, "cqc#0, cqc#1: the same key"),
    ],
)
def test_keys_that_cannot_take_turns_are_refused_and_never_shown(
    keys: dict[str, object], says: str
) -> None:
    with pytest.raises(KeysUnusable) as refused:
        endpoint_keys(json.dumps(keys))

    assert says in str(refused.value)
    assert GOOD.removeprefix("whsec_") not in str(refused.value)


def test_every_fault_is_named_at_once() -> None:
    wrong = {"a": 3, "b": ["x", {"key": GOOD, "from": "soon", "until": "later"}], "c": [GOOD]}

    with pytest.raises(KeysUnusable) as refused:
        endpoint_keys(json.dumps(wrong))

    said = str(refused.value).split("; ")
    assert [fault.partition("endpoint keys: ")[2][:9] for fault in said] == [
        "a: must b",
        "b: key 1:",
        "b: key 2:",
        "b: key 2:",
    ]


def _verifies(receiver: Webhook, headers: dict[str, str]) -> bool:
    try:
        receiver.verify(BODY, headers)
    except WebhookVerificationError:
        return False
    return True
