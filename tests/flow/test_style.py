"""The style of the pages: GOV.UK's where the build's hash vouches for it, else the plain one."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.routes.style import BUILT, PAGES, PLAIN, read_style
from tests.flow.rosewood import rosewood, served

SHEET = b".govuk-body{color:#0b0c0c}"


def built(folder: Path, sheet: bytes = SHEET, vouched: bytes = SHEET) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "govuk.css").write_bytes(sheet)
    said = f"{sha256(vouched).hexdigest()}  govuk.css\n"
    (folder / "govuk.css.sha256").write_text(said)
    return folder


async def test_pages_name_the_style_that_was_built_and_it_may_be_kept_for_ever(
    tmp_path: Path,
) -> None:
    style = read_style(built(tmp_path / "built"))

    async with rosewood() as story, served(story, style=style) as browser:
        async with browser.get("/sign-in") as got:
            page = await got.text()
        (path,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
        async with browser.get(path) as got:
            content, headers = await got.read(), got.headers

    assert re.fullmatch(r"/assets/govuk-[0-9a-f]{16}\.css", path)
    assert sha256(content).hexdigest().startswith(path[14:30])
    assert content.startswith(SHEET)
    assert content.endswith((PAGES / "own.css").read_bytes())
    assert headers["Content-Type"] == "text/css; charset=utf-8"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("how", ["not built", "not what the build wrote", "no hash"])
async def test_a_style_that_nothing_vouches_for_is_not_used_and_the_log_says_so_once(
    tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "built"
    if how == "not what the build wrote":
        built(folder, sheet=SHEET + b"@import 'https://elsewhere.test/x.css'")
    elif how == "no hash":
        (built(folder) / "govuk.css.sha256").unlink()
        how = "not built"

    with capture_logs() as said:
        async with rosewood() as story, served(story, style=read_style(folder)) as browser:
            for _ in range(2):
                async with browser.get("/sign-in") as got:
                    assert f'<link rel="stylesheet" href="{PLAIN}">' in await got.text()
            async with browser.get(PLAIN) as got:
                content, kept = await got.text(), got.headers["Cache-Control"]

    assert ".govuk-table" in content
    assert ".lane" in content
    assert kept == "no-store"
    assert [line["why"] for line in said if line["event"] == "web.style.plain"] == [how]


def test_what_was_built_asks_for_no_font_no_picture_and_no_crown() -> None:
    assert BUILT.exists(), "run `make assets`, as `make test` does"
    style = read_style()
    sheet = style.content.decode().lower()

    assert style.plain_because == ""
    for word in ("@font-face", "url(", "@import", "gds transport", "crest", "crown"):
        assert word not in sheet, word
    assert ".govuk-button" in sheet
    assert ".moj-timeline" in sheet
