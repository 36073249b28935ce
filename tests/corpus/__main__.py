"""`python -m tests.corpus`: which event types are not in the corpus; `--add` writes them down."""

import argparse
import sys

from tests.corpus.kept import (
    add,
    broken,
    incompatible,
    missing,
    old_events,
    old_schemas,
    schemas_now,
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--add", action="store_true", help="write down what is missing or grew")
    parser.add_argument(
        "--anew",
        nargs="+",
        default=(),
        metavar="NAME",
        help="with --add: forget what was kept of types that nobody has been promised yet",
    )
    asked = parser.parse_args()
    if asked.add:
        try:
            said = [f"written down: {name}" for name in add(anew=asked.anew)]
        except ValueError as narrowed:
            sys.stderr.write(f"{narrowed}\n")
            return 1
        sys.stdout.writelines(f"{line}\n" for line in said)
        return 0
    faults = [f"{name}: not in the corpus" for name in missing()]
    faults += incompatible(old_schemas(), schemas_now())
    faults += [fault for old in old_events() for fault in broken(old)]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


sys.exit(main())
