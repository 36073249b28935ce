"""Keys of this installation: given or made once, for their owner only, and never kept in clear."""

from __future__ import annotations

import base64
import hmac
import json
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from hub.adapters.endpoint_keys import endpoint_keys
from hub.adapters.secrets import (
    KeysUnusable,
    made_once,
    publisher_key_of,
    publisher_keys,
)
from hub.vocabulary import EndpointId, PublisherId

KNOWN = frozenset({PublisherId("wscc"), PublisherId("sussex-police")})
LONG = "k" * 32


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"

    first, second = made_once(folder, "secret"), made_once(folder, "secret")

    assert first == second != made_once(folder, "another")
    assert len(first) >= 43  # 32 bytes in base64
    assert _mode(folder / "secret") == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["another", "secret"]


def test_publishers_get_one_key_each_made_once_and_kept(tmp_path: Path) -> None:
    publisher_keys(None, tmp_path, frozenset({PublisherId("wscc")}))
    first = publisher_key_of(tmp_path, "wscc")

    found = publisher_keys(None, tmp_path, KNOWN)

    police = publisher_key_of(tmp_path, "sussex-police")
    assert first == publisher_key_of(tmp_path, "wscc")
    assert first is not None
    assert police is not None
    assert first.startswith("chk_")
    assert found.publisher_for(first) == "wscc"
    assert found.publisher_for(police) == "sussex-police"
    assert _mode(tmp_path / "publisher-keys.json") == 0o600


def test_nothing_is_written_again_where_every_publisher_has_a_key(tmp_path: Path) -> None:
    publisher_keys(None, tmp_path, KNOWN)
    before = (tmp_path / "publisher-keys.json").stat().st_ino

    publisher_keys(None, tmp_path, KNOWN)

    assert (tmp_path / "publisher-keys.json").stat().st_ino == before


def test_a_key_that_is_unknown_belongs_to_nobody_and_no_key_is_shown(tmp_path: Path) -> None:
    found = publisher_keys(json.dumps({"wscc": LONG}), tmp_path, KNOWN)

    assert found.publisher_for(LONG) == "wscc"
    assert found.publisher_for(LONG[:-1]) is None
    assert found.publisher_for("") is None
    assert LONG not in repr(found)
    assert list(tmp_path.iterdir()) == []


def test_every_known_key_is_compared_in_constant_time_whichever_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {f"p{n}": f"{n}" * 32 for n in range(5)}
    found = publisher_keys(json.dumps(given), tmp_path, KNOWN)
    compared: list[bytes] = []
    real: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def watched(known: bytes, mine: bytes) -> bool:
        compared.append(mine)
        return real(known, mine)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    counts = []
    for key in (*given.values(), "wrong"):
        compared.clear()
        found.publisher_for(key)
        counts.append(len(compared))
        assert set(compared) == {sha256(key.encode()).digest()}

    assert counts == [5] * 6


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{", "publisher keys: no JSON"),
        ("[]", "publisher keys: must be a JSON object"),
        (json.dumps({"b": "short", "a": "short", "c": LONG}), "under 32 characters: a, b"),
    ],
)
def test_publisher_keys_that_cannot_be_used_are_refused(
    given: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(KeysUnusable, match=says) as refused:
        publisher_keys(given, tmp_path, KNOWN)

    assert "short" not in str(refused.value)


def test_a_publisher_without_a_key_of_this_machine_has_none(tmp_path: Path) -> None:
    nothing = publisher_key_of(tmp_path, "wscc")
    (tmp_path / "publisher-keys.json").write_text('{"odd": 3}')

    assert nothing is None
    assert publisher_key_of(tmp_path, "odd") is None
    assert publisher_key_of(tmp_path, "wscc") is None


def _whsec(length: int) -> str:
    return "whsec_" + base64.b64encode(b"x" * length).decode()


def test_an_endpoint_has_every_key_it_was_given_for_rotation() -> None:
    found = endpoint_keys(json.dumps({"cqc": [_whsec(24), _whsec(64)]}))

    keys = found[EndpointId("cqc")]
    assert [key.id for key in keys] == ["cqc#0", "cqc#1"]
    assert [len(key.secret) for key in keys] == [24, 64]
    assert "xxx" not in repr(keys)
    assert endpoint_keys(None) == {}


@pytest.mark.parametrize(
    "keys",
    [
        [_whsec(23)],
        [_whsec(65)],
        ["whsec_not base64!"],
        [base64.b64encode(b"x" * 32).decode()],
        [3],
        "whsec_",
    ],
)
def test_an_endpoint_key_that_cannot_sign_is_refused_without_being_shown(keys: object) -> None:
    with pytest.raises(KeysUnusable, match="endpoint keys: cqc: ") as refused:
        endpoint_keys(json.dumps({"cqc": keys}))

    assert "base64!" not in str(refused.value)
