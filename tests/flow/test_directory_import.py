"""`hub directory import`: what CQC publishes, into the live directory, as an operator does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.adapters.register import migrate, open_register
from hub.adapters.shipped import shipped
from hub.cqc.headings import Cell
from hub.cqc.location import Location
from hub.directory import Directory
from tests.care_directory import (
    DEACTIVATED,
    DUAL,
    FILTERS,
    PREAMBLE,
    README,
    WEEKLY,
    deactivated,
    linked,
    monthly,
    table,
    weekly,
    write_csv,
    write_ods,
)
from tests.flow.test_commands import hub, running

OTHER: dict[str, Cell] = {"Provider_ID": "1-1000000009", "Provider_Name": "Another Care Ltd"}

ENDPOINT = """
[[endpoint]]
id = "rosewood-hook"
agency = "cqc:1-1000000001"
roles = ["provider"]
url = "https://hooks.rosewood.example/concerns"
hosts = ["hooks.rosewood.example"]
"""


def write_monthly(
    path: Path, *rows: dict[str, Cell], links: tuple[dict[str, Cell], ...] = ()
) -> None:
    sheets = {
        "README": README,
        "HSCA_Active_Locations": table(FILTERS, rows),
        "Dual_Registration_Locations": table(DUAL, links),
    }
    write_ods(path, sheets)


async def known(folder: Path, url: str | None = None) -> tuple[tuple[Location, ...], Directory]:
    register = await open_register(
        url or f"sqlite+aiosqlite:///{folder / 'data' / 'register.db'}", read_only=True
    )
    try:
        return await register.locations(), await register.directory()
    finally:
        await register.close()


async def import_json(
    folder: Path, *words: str, register: str | None = None
) -> tuple[int, dict[str, Any]]:
    command = ("directory", "import", *words, "--json")
    if register is None:
        code, out, err = await hub(folder, *command)
    else:
        code, out, err = await hub(folder, *command, HUB_REGISTER_URL=register)
    assert "Traceback" not in err, err
    return code, json.loads(out)


async def test_the_monthly_file_is_imported_and_a_second_time_changes_nothing(
    tmp_path: Path,
) -> None:
    links = (linked(1, 2), linked(2, 1))
    write_monthly(tmp_path / "active.ods", monthly(1), monthly(2, **OTHER), monthly(3), links=links)

    code, out, err = await hub(tmp_path, "directory", "import", "active.ods")
    again, said, _ = await hub(tmp_path, "directory", "import", "active.ods")

    assert (code, again) == (0, 0), err
    figures = _figures(out)
    assert figures["new providers"] == 2
    assert figures["new locations"] == 3
    assert figures["dual registrations"] == 2
    assert "Reading rows" in err
    assert "Reading rows" not in out
    assert said.endswith("Nothing to change.\n")
    assert _figures(said)["locations as they were"] == 3
    locations, directory = await known(tmp_path)
    assert [each.host for each in locations] == ["gss:E10000032"] * 3
    assert {a.id for a in directory.agencies} == {"cqc:1-1000000001", "cqc:1-1000000009"}


async def test_B05_what_people_entered_is_never_touched_and_no_contact_is_made(
    tmp_path: Path,
) -> None:
    seed = (shipped("policy") / "west-sussex" / "directory.toml").read_text("utf-8")
    (tmp_path / "seed.toml").write_text(seed + ENDPOINT, "utf-8")
    write_monthly(tmp_path / "active.ods", monthly(1), monthly(2, **OTHER))
    await hub(tmp_path, "directory", "apply", "seed.toml")
    _, before = await known(tmp_path)

    code, found = await import_json(tmp_path, "active.ods")

    _, after = await known(tmp_path)
    assert code == 0
    assert found["providers"]["new"] == 1
    assert before.contacts
    assert before.endpoints
    assert (after.contacts, after.endpoints) == (before.contacts, before.endpoints)
    assert all(after.agency(agency.id) == agency for agency in before.agencies)


async def test_every_faulty_row_is_listed_and_the_good_ones_are_taken(tmp_path: Path) -> None:
    write_monthly(
        tmp_path / "active.ods",
        monthly(1, Location_Local_Authority="West Susex", Dormant__Y_N_="?"),
        monthly(2),
        monthly(3, Location_Postal_Code="nowhere"),
    )

    code, found = await import_json(tmp_path, "active.ods")
    _, out, _ = await hub(tmp_path, "directory", "import", "active.ods", "--dry-run")

    assert code == 3
    assert [(f["row"], f["heading"], f["did_you_mean"]) for f in found["faults"]] == [
        (2, "Location Local Authority", "West Sussex"),
        (2, "Dormant (Y/N)", None),
        (4, "Location Postal Code", None),
    ]
    assert found["locations"]["new"] == 1
    assert [each.id for each in (await known(tmp_path))[0]] == ["1-2000000002"]
    assert "HSCA_Active_Locations:2: Location Local Authority" in out
    assert "did you mean `West Sussex`?" in out


async def test_a_file_with_headings_missing_is_refused_whole(tmp_path: Path) -> None:
    headings = [name for name in WEEKLY if name not in {"Postcode", "Local authority"}]
    write_csv(tmp_path / "weekly.csv", [*PREAMBLE, *table(headings, [weekly()])])

    code, out, err = await hub(tmp_path, "directory", "import", "weekly.csv")
    absent, _, said = await hub(tmp_path, "directory", "import", "nothing.ods")

    assert (code, absent) == (1, 1)
    assert "missing: `Postcode`" in err
    assert "missing: `Local authority`" in err
    assert "Traceback" not in err + said
    assert "nothing.ods" in said
    assert not out
    assert not (tmp_path / "data").exists()


async def test_a_dry_run_says_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    write_csv(tmp_path / "weekly.csv", [*PREAMBLE, *table(WEEKLY, [weekly()])], "cp1252")

    code, out, _ = await hub(tmp_path, "directory", "import", "weekly.csv", "--dry-run")
    before = (tmp_path / "data").exists()
    _, real = await import_json(tmp_path, "weekly.csv")
    _, dry = await import_json(tmp_path, "weekly.csv", "--dry-run")

    assert code == 0
    assert not before
    assert "Nothing was written" in out
    assert _figures(out)["new locations"] == real["locations"]["new"] == 1
    assert (dry["dry_run"], dry["changed"], dry["locations"]["same"]) == (True, False, 1)


async def test_a_provider_missing_from_a_newer_file_is_reported_and_a_deregistered_one_marked(
    tmp_path: Path,
) -> None:
    write_monthly(tmp_path / "older.ods", monthly(1), monthly(2, **OTHER))
    write_monthly(tmp_path / "newer.ods", monthly(2, **OTHER))
    write_ods(tmp_path / "ended.ods", {"Deactivated": table(DEACTIVATED, [deactivated(1)])})
    await hub(tmp_path, "directory", "import", "older.ods")

    _, missing, _ = await hub(tmp_path, "directory", "import", "newer.ods")
    _, ended = await import_json(tmp_path, "ended.ods")
    _, after = await import_json(tmp_path, "newer.ods")

    assert "missing: cqc:1-1000000001 Rosewood Care Ltd (1 known)" in missing
    assert ended["locations"]["deregistered"] == ["1-2000000001"]
    assert after["providers"]["missing"] == []
    locations, directory = await known(tmp_path)
    assert {each.id: each.ended is not None for each in locations} == {
        "1-2000000001": True,
        "1-2000000002": False,
    }
    assert len(directory.agencies) == 2


async def test_the_import_goes_into_postgresql_too(tmp_path: Path, postgres_url: str) -> None:
    await migrate(postgres_url)
    rows = [monthly(n) for n in range(1, 100)]
    write_monthly(tmp_path / "active.ods", *rows)

    code, found = await import_json(tmp_path, "active.ods", register=postgres_url)
    _, dry = await import_json(tmp_path, "active.ods", "--dry-run", register=postgres_url)

    assert (code, found["locations"]["new"], found["providers"]["new"]) == (0, 99, 1)
    assert (dry["changed"], dry["locations"]["same"]) == (False, 99)
    assert len((await known(tmp_path, postgres_url))[0]) == 99


async def test_an_event_about_an_imported_provider_is_taken_and_was_refused_before(
    tmp_path: Path,
) -> None:
    event = json.loads((shipped("examples") / "concern-opened.json").read_bytes())
    event["data"]["service"]["provider"] = "cqc:1-1000000009"
    (tmp_path / "event.json").write_text(json.dumps(event))
    write_monthly(tmp_path / "active.ods", monthly(2, **OTHER))

    async with running(tmp_path) as url:
        refused, _, why = await hub(tmp_path, "publish", "event.json", "--url", url)
    await hub(tmp_path, "directory", "import", "active.ods")
    event["id"] += "-again"
    (tmp_path / "event.json").write_text(json.dumps(event))
    async with running(tmp_path) as url:
        taken, _, err = await hub(tmp_path, "publish", "event.json", "--url", url)

    assert refused == 1
    assert "`cqc:1-1000000009` is not in the directory" in why
    assert taken == 0, err
    assert '"accepted"' in err


def _figures(out: str) -> dict[str, int]:
    rows = (line.strip("│ ").split("│") for line in out.splitlines() if line.startswith("│"))
    return {what.strip(): int(number.replace(",", "")) for what, number in rows}
