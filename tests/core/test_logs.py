"""Logs: ids and verbs; what looks like an address or a password never gets in."""

from __future__ import annotations

import json
import logging
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hub.logs import set_up_logs, without_addresses


def _lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("told duty@surrey.example today", "told [address] today"),
        ("<duty@surrey.example>", "<[address]>"),
        ("amqp://hub:pa55@broker/v", "[address]"),
        ("at smtp://hub:p,a55;@relay", "at [address]"),
        ("two a@b.example, c@d.example", "two [address], [address]"),
        ("PC-7K3M-2QXA", "PC-7K3M-2QXA"),
    ],
)
def test_addresses_and_passwords_are_taken_out(said: str, kept: str) -> None:
    found = without_addresses(None, "info", {"event": said})

    assert found == {"event": kept}


def test_they_are_taken_out_however_deep_and_nothing_else_is_touched() -> None:
    line = {
        "a": [("x@y.example", 1)],
        "b": {"c": "x@y.example"},
        "n": 3,
        "t": True,
        "o": None,
        "e": OSError("no x@y.example"),
        "s": {"x@y.example"},
    }

    found = without_addresses(None, "info", line)

    assert found == {
        "a": [["[address]", 1]],
        "b": {"c": "[address]"},
        "n": 3,
        "t": True,
        "o": None,
        "e": "OSError('no [address]",
        "s": "[address]",
    }


@given(st.text(), st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True))
def test_no_address_survives_whatever_stands_around_it(around: str, address: str) -> None:
    found = without_addresses(None, "info", {"event": f"{around} {address} {around}"})

    assert address not in found["event"]


@pytest.mark.usefixtures("logs_restored")
def test_a_line_is_json_with_a_verb_a_level_and_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json", "INFO")

    structlog.get_logger().info("notice.held", concern="c-1", rule="W1")
    structlog.get_logger().debug("not.said")

    (line,) = map(json.loads, _lines(capsys))
    assert (line["event"], line["concern"], line["rule"]) == ("notice.held", "c-1", "W1")
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


@pytest.mark.usefixtures("logs_restored")
def test_what_a_library_logs_is_scrubbed_too_and_its_chatter_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("json", "INFO")

    logging.getLogger("some.library").warning("refused %s", "duty@surrey.example")
    logging.getLogger("aiohttp.access").info("GET /notices/1")
    away = OSError("smtp://hub:pa55@relay is away")
    structlog.get_logger().error("mail.away", exc_info=away)

    said = "\n".join(_lines(capsys))
    assert "duty@surrey.example" not in said
    assert "pa55" not in said
    assert "GET /notices" not in said
    assert "mail.away" in said
    assert "is away" in said


@pytest.mark.usefixtures("logs_restored")
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "breaks", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1b[2K", "\x85", "\u2028"]
)
def test_no_value_can_make_a_second_line(
    form: Literal["text", "json"], breaks: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(form, "INFO")
    forged = f"c-1{breaks}2026-11-22T17:00:00Z [info] hold.released"

    structlog.get_logger().info("notice.held", concern=forged)
    logging.getLogger("some.library").warning("said %s", forged)

    said = _lines(capsys)
    assert len(said) == 2
    assert "\x1b[2K" not in "".join(said)


@pytest.mark.usefixtures("logs_restored")
@pytest.mark.parametrize("form", ["text", "auto"])
def test_people_read_lines_and_machines_json(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text" if form == "text" else "auto", "INFO")

    structlog.get_logger().info("hub.started", roles=["intake"])

    (line,) = _lines(capsys)
    # Captured standard error is no terminal, so that `auto` is JSON here.
    assert line.startswith("{") is (form == "auto")
    assert "hub.started" in line
