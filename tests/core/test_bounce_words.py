"""What a person wrote in a mail is shown as text, and nothing in it moves on the screen."""

from __future__ import annotations

from random import Random

import pytest

from hub.bounce.words import MOST_SHOWN, as_it_came, written

HEAD = b"From: duty@surrey.example\nSubject: Re: PC-7K3M-2QXA\nMIME-Version: 1.0\n"
WHO = "duty@surrey.example"


def test_plain_text_is_shown_with_its_lines() -> None:
    raw = HEAD + b"\nWe have read it.\r\nAda Byrne\n"

    assert written(raw, WHO) == "We have read it.\nAda Byrne\n"


def test_of_several_parts_the_plain_text_is_shown_decoded() -> None:
    raw = (
        HEAD
        + b'Content-Type: multipart/alternative; boundary="b"\n\n'
        + b"--b\nContent-Type: text/html\n\n<b>We have read it</b>\n"
        + b"--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        + b"V2UgaGF2ZSByZWFkIGl0IOKAkyBBZGE=\n--b--\n"
    )

    assert written(raw, WHO) == "We have read it \N{EN DASH} Ada"


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x1b", "\x00", "\x07", "\u200f"])
def test_what_turns_words_around_or_moves_a_cursor_is_shown_as_a_mark(character: str) -> None:
    raw = HEAD + b"Content-Type: text/plain; charset=utf-8\n\n" + f"a{character}b".encode()

    assert written(raw, WHO) == "a\N{REPLACEMENT CHARACTER}b"
    assert character not in as_it_came(raw)


def test_a_charset_that_nobody_knows_and_html_alone_show_nothing_and_stumble_over_nothing() -> None:
    unknown = HEAD + b"Content-Type: text/plain; charset=klingon\n\nWe have read it\n"
    alone = HEAD + b"Content-Type: text/html\n\n<b>We have read it</b>\n"

    assert written(unknown, WHO) == ""
    assert written(alone, WHO) == ""
    assert "<b>We have read it</b>" in as_it_came(alone)


def test_no_bytes_whatever_raise_and_what_is_shown_has_an_end() -> None:
    chosen = Random(4)

    for _ in range(200):
        raw = HEAD + chosen.randbytes(chosen.randint(0, 400))
        assert len(written(raw, WHO)) <= MOST_SHOWN
    assert len(written(HEAD + b"\n" + b"a" * 50_000, WHO)) == MOST_SHOWN
