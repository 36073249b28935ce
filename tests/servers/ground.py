"""Where a private server stands: its port, its folder, its programs, its user."""

import os
import pwd
import secrets
import shutil
import socket
import tempfile
from pathlib import Path

# Below the range from which the kernel gives ports to those who connect.
_LOWEST, _HIGHEST = 12000, 30000

WAYS = """
Any one of these ways will do:
  1. install it yourself (Debian: apt-get install --no-install-recommends {package})
  2. run `make test` as root on Debian, and it installs what is missing
  3. run `bash tests/servers/install.sh` as root, once
{variable}"""


class ServerMissing(Exception):
    """A server that the tests need is not on this machine."""


class ServerBroken(Exception):
    """A server that the tests started did not do as it was told."""


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    for _ in range(500):
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    message = f"no free port between {_LOWEST} and {_HIGHEST}"
    raise ServerBroken(message)


def new_home(name: str) -> Path:
    """Return a fresh folder that an unprivileged server may enter."""
    home = Path(tempfile.mkdtemp(prefix=f"hub-{name}-"))
    home.chmod(0o755)
    return home


def remove_home(home: Path) -> None:
    """Remove what a server left."""
    shutil.rmtree(home, ignore_errors=True)


def find(program: str, *folders: str, package: str, variable: str = "") -> Path:
    """Return the program from one of the folders, else from the PATH; say the ways if it is not."""
    for folder in folders:
        for place in sorted(Path("/").glob(f"{folder.lstrip('/')}/{program}"), reverse=True):
            return place
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        if variable:
            variable = f"  4. name a server that already runs, in {variable}\n"
        ways = WAYS.format(package=package, variable=variable)
        message = f"the tests need {package}, and `{program}` is not on this machine.{ways}"
        raise ServerMissing(message)
    return Path(found)


def day_of_the_run() -> dict[str, str]:
    """Return what a server inherits, to live on the day that the run is shifted to (`DAY`)."""
    return {name: os.environ[name] for name in ("LD_PRELOAD",) if name in os.environ}


def unprivileged_user(*preferred: str) -> str | None:
    """Return whom to run a server as that refuses root, or None if we are not root."""
    if os.geteuid() != 0:
        return None
    for name in (*preferred, "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    message = f"none of the users {preferred} or nobody exists"
    raise ServerBroken(message)
