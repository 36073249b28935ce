"""A real provider of OpenID Connect of our own: Django OAuth Toolkit, on a free loopback port."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.servers.ground import day_of_the_run, free_port, new_home, remove_home
from tests.servers.warden import Leash

ROOT = Path(__file__).parents[2]
CLIENT = "concern-hub"
SECRET = "of the hub and its provider"


class IdentityServer:
    """One provider, with people whose password is their name.

    It is called `localhost`, so that a browser takes it for another site than `127.0.0.1`.
    """

    def __init__(self, hub: str, people: Sequence[tuple[str, str, str, Sequence[str]]]) -> None:
        port = free_port()
        self.issuer = f"http://localhost:{port}/o"
        self.home = new_home("identity")
        site = {
            "port": port,
            "issuer": self.issuer,
            "people": people,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "back": f"{hub}/sign-in/back",
            "out": f"{hub}/sign-in",
        }
        (self.home / "site.json").write_text(json.dumps(site))
        command = [sys.executable, "-m", "tests.servers.identity_site", str(self.home)]
        self._leash = Leash(
            command,
            ready="^ready",
            log=self.home / "log",
            env=day_of_the_run() | {"PYTHONPATH": str(ROOT)},
        )

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._leash.start()

    def close(self) -> None:
        """End it, and remove what it left."""
        self._leash.stop()
        remove_home(self.home)
