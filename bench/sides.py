"""`python -m bench.sides NAME SETTINGS`: one side of the comparison, in a process of its own.

`hub` is the whole hub as `hub run` makes it, and `behind` the same with a backlog (`bench.whole`);
`floor` is the program in `bench.floor`, `celery` the one in `bench.celery_side`; the others are one
part of the hub alone (`bench.alone`, `bench.rows`, `bench.pure`). `SETTINGS` is JSON: the URLs, and
how many messages to count (`warm`, `count`). A line of JSON says when it is ready, and a last one
what it measured by itself. It ends when standard input does.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Final

import uvloop

from bench.asked import Asked
from hub.logs import set_up_logs

SIDES: Final = {
    "hub": ("bench.whole", "hub_side"),
    "behind": ("bench.whole", "behind_side"),
    "floor": ("bench.floor", "floor_side"),
    "celery": ("bench.celery_side", "celery_workers_side"),
    "intake": ("bench.alone", "intake_side"),
    "rows": ("bench.rows", "rows_side"),
    "row": ("bench.alone", "row_side"),
    "bare": ("bench.alone", "bare_side"),
    "queue": ("bench.alone", "queue_side"),
    "explain": ("bench.pure", "explain_side"),
    "plan": ("bench.pure", "plan_side"),
}
"""Where each side is. No process has any other in memory, since its memory is measured."""

if __name__ == "__main__":
    set_up_logs("json", "INFO")
    module, name = SIDES[sys.argv[1]]
    uvloop.run(getattr(import_module(module), name)(Asked(**json.loads(sys.argv[2]))))
