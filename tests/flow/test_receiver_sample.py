"""The receiver's sample in examples/ verifies what the hub signs, and its answer is taken."""

from __future__ import annotations

import base64
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from hub.adapters.webhook.sign import signed_headers
from hub.directory import EndpointKey
from hub.vocabulary import DeliveryId
from tests.flow.rosewood import START, SURREY, SURREY_KEY, body_of, rosewood, served
from tests.flow.test_answers import OPENING, alert_to_surrey

SAMPLE: Final = Path(__file__).parents[2] / "examples/receiver/verify.py"
SECRET: Final = "whsec_" + base64.b64encode(SURREY_KEY).decode()
OTHER: Final = "whsec_" + base64.b64encode(b"o" * 32).decode()
NOW: Final = START.timestamp()
BODY: Final = b'{"specversion": "1.0"}'


@pytest.fixture
def sample() -> ModuleType:
    found = importlib.util.spec_from_file_location("receiver_sample", SAMPLE)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def by_the_hub(key: bytes = SURREY_KEY) -> dict[str, str]:
    return signed_headers(DeliveryId("d-1"), START, BODY, [EndpointKey(id="k", secret=key)])


def test_the_sample_takes_what_the_hub_signs_by_either_of_two_keys(sample: ModuleType) -> None:
    upper = {name.upper(): value for name, value in by_the_hub().items()}

    assert sample.verified(by_the_hub(), BODY, [SECRET], NOW) == "d-1"
    assert sample.verified(upper, BODY, [OTHER, SECRET], NOW + 299) == "d-1"


@pytest.mark.parametrize("how", ["altered", "another key", "stale", "early", "unsigned", "no time"])
def test_the_sample_refuses_what_is_not_genuine(how: str, sample: ModuleType) -> None:
    headers, body, secrets, now = by_the_hub(), BODY, [SECRET], NOW
    match how:
        case "altered":
            body += b" "
        case "another key":
            secrets = [OTHER]
        case "stale":
            now += 301
        case "early":
            now -= 301
        case "unsigned":
            headers.pop("webhook-signature")
        case "no time":
            headers["webhook-timestamp"] = "now"
        case _:
            pytest.fail(how)

    with pytest.raises(sample.NotGenuine):
        sample.verified(headers, body, secrets, now)


async def test_the_samples_answer_acknowledges_at_the_hubs_own_door_and_only_once(
    sample: ModuleType,
) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        body, headers = sample.answer(
            notice.id, SURREY, "Ada Byrne", "Duty manager", secret=SECRET, nonce="n-1", now=NOW
        )
        path, found = f"/v1/notices/{notice.id}/acknowledgements", []
        for _ in range(2):
            async with browser.post(path, data=body, headers=headers) as got:
                found.append((got.status, await body_of(got)))

        assert found[0][0] == 201
        assert found[0][1]["strength"] == "signed"
        assert found[1][0] == 401
        assert await story.acknowledgements() == 1
