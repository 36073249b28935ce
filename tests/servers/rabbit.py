"""A private RabbitMQ node, and one virtual host of it for each test."""

import contextlib
import json
import os
import secrets
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from urllib.parse import quote, urlsplit

from tests.servers.ground import (
    ServerBroken,
    ServerMissing,
    day_of_the_run,
    find,
    free_port,
    new_home,
    remove_home,
)
from tests.servers.papers import papers
from tests.servers.warden import Leash

_LIB = "/usr/lib/rabbitmq/bin"
_USER = "hub"
_PASSWORD = "hub"

_CONF = """
listeners.tcp.1 = 127.0.0.1:{port}
listeners.ssl.1 = 127.0.0.1:{tls_port}
ssl_options.certfile = {home}/server.pem
ssl_options.keyfile = {home}/server.pem
management.tcp.ip = 127.0.0.1
management.tcp.port = {api_port}
management_agent.disable_metrics_collector = true
default_user = {user}
default_pass = {password}
loopback_users = none
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = info
log.file = false
"""

# Two cores and many nodes: schedulers that wait must not spin.
_ERLANG = (
    "+S 2:2 +A 8 +sbwt none +sbwtdcpu none +sbwtdio none "
    "-kernel inet_dist_use_interface {127,0,0,1}"
)


class RabbitNode:
    """One RabbitMQ node of our own, with its own epmd, on free loopback ports."""

    def __init__(self) -> None:
        variable = "HUB_TEST_AMQP_URL"
        server = find("rabbitmq-server", _LIB, package="rabbitmq-server", variable=variable)
        self._ctl = find("rabbitmqctl", _LIB, package="rabbitmq-server", variable=variable)
        epmd = find("epmd", package="erlang-base", variable=variable)
        self.port, self.api_port, epmd_port = free_port(), free_port(), free_port()
        self.tls_port = free_port()
        self.home = new_home("rabbit")
        self.papers = papers(self.home, "127.0.0.1")
        self._env = self._environment(epmd_port)
        (self.home / "rabbitmq.conf").write_text(
            _CONF.format(
                port=self.port,
                tls_port=self.tls_port,
                api_port=self.api_port,
                home=self.home,
                user=_USER,
                password=_PASSWORD,
            )
        )
        (self.home / "plugins").write_text("[rabbitmq_management].\n")
        cookie = self.home / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        self._epmd = Leash(
            [epmd, "-d", "-port", str(epmd_port), "-address", "127.0.0.1"],
            ready="epmd running",
            log=self.home / "epmd.log",
            env=self._env,
        )
        self._server = Leash(
            [server], ready="Server startup complete", log=self.home / "rabbit.log", env=self._env
        )

    @property
    def url(self) -> str:
        """The URL of the default virtual host."""
        return self.url_of("/")

    @property
    def api_url(self) -> str:
        """The URL of the management API, with its user."""
        return f"http://{_USER}:{_PASSWORD}@127.0.0.1:{self.api_port}"

    @property
    def running(self) -> bool:
        """Whether the node lives."""
        return self._server.running

    def url_of(self, vhost: str, user: str = _USER, password: str = _PASSWORD) -> str:
        """Return the AMQP URL of a virtual host."""
        return f"amqp://{user}:{password}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    def tls_url_of(self, vhost: str) -> str:
        """Return the URL of a virtual host under TLS; `papers.authority` vouches for the node."""
        covered = self.url_of(vhost).replace("amqp://", "amqps://")
        return covered.replace(f":{self.port}/", f":{self.tls_port}/")

    def start(self) -> None:
        """Start the node, or start it again with the data it had."""
        self._epmd.start()
        self._server.start()

    def stop(self) -> None:
        """Shut the node down in order."""
        self._server.stop()

    def kill(self) -> None:
        """End the node at once."""
        self._server.kill()

    def pause(self) -> None:
        """Freeze the node: connections stay open and nothing answers."""
        self._server.pause()

    def resume(self) -> None:
        """Let a frozen node go on."""
        self._server.resume()

    def close(self) -> None:
        """End everything and remove the data (killed: an orderly end takes seconds)."""
        self._server.kill()
        self._epmd.kill()
        remove_home(self.home)

    def ctl(self, *args: str) -> str:
        """Run `rabbitmqctl` on the node and return what it printed (takes a second or two)."""
        done = subprocess.run(
            [self._ctl, "-q", *args],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != 0:
            message = f"rabbitmqctl {' '.join(args)}: {done.stdout}{done.stderr}"
            raise ServerBroken(message)
        return done.stdout

    def api(self, method: str, path: str, body: object = None) -> object:
        """Ask the management API (fast, where `ctl` is slow); a missing thing to delete is fine."""
        return ask_api(self.api_url, method, path, body)

    def _environment(self, epmd_port: int) -> dict[str, str]:
        home = str(self.home)
        return day_of_the_run() | {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": home,
            "RUNNING_UNDER_SYSTEMD": "1",  # the script then becomes the node, and signals reach it
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": f"hub{secrets.token_hex(4)}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONF_ENV_FILE": f"{home}/none.conf",
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{home}/mnesia",
            "RABBITMQ_LOG_BASE": f"{home}/log",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{home}/generated",
            "RABBITMQ_PID_FILE": f"{home}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
            "RABBITMQ_CTL_ERL_ARGS": "+S 1:1 +sbwt none",
        }


class Rabbit:
    """What one test sees of RabbitMQ: a virtual host of its own, users, and the node's fate.

    Where HUB_TEST_AMQP_URL names a server that already runs, HUB_TEST_RABBIT_API (the management
    API with its user, `http://user:password@host:15672`) lets each test have its own virtual host;
    without it all tests share the one of the URL, and tests that stop the node fail and say so.
    """

    def __init__(self, node: RabbitNode | None, url: str, api: str | None) -> None:
        self._node = node
        self._api = api
        self._users: list[str] = []
        self.vhost = urlsplit(url).path.removeprefix("/") or "/"
        self.url = url
        if api is not None:
            self._open_vhost(url)

    @property
    def node(self) -> RabbitNode:
        """The node, where it is ours to stop."""
        if self._node is None:
            message = "this test stops or steers RabbitMQ: unset HUB_TEST_AMQP_URL to run it"
            raise ServerMissing(message)
        return self._node

    def add_user(
        self,
        name: str,
        password: str = "secret",
        *,
        configure: str = "",
        write: str = "",
        read: str = "",
        topics: dict[str, tuple[str, str]] | None = None,
    ) -> str:
        """Make a user for this virtual host and return its URL.

        The patterns are RabbitMQ's own; empty means nothing. `topics` is exchange -> (write, read),
        the patterns of routing keys the user may publish with and bind by.
        """
        vhost = quote(self.vhost, safe="")
        self.ask("PUT", f"/api/users/{name}", {"password": password, "tags": ""})
        self._users.append(name)
        allowed = {"configure": configure, "write": write, "read": read}
        self.ask("PUT", f"/api/permissions/{vhost}/{name}", allowed)
        for exchange, (may_write, may_read) in (topics or {}).items():
            topic = {"exchange": exchange, "write": may_write, "read": may_read}
            self.ask("PUT", f"/api/topic-permissions/{vhost}/{name}", topic)
        host = urlsplit(self.url)
        return f"amqp://{name}:{password}@{host.hostname}:{host.port or 5672}/{vhost}"

    def ask(self, method: str, path: str, body: object = None) -> object:
        """Ask the management API."""
        if self._api is None:
            message = "this test makes users or virtual hosts: set HUB_TEST_RABBIT_API too"
            raise ServerMissing(message)
        return ask_api(self._api, method, path, body)

    def close_connections(self, reason: str = "the test closed it") -> None:
        """Close each connection to the node, as an operator or a partition would."""
        self.node.ctl("close_all_connections", "-p", self.vhost, reason)

    def ctl(self, *args: str) -> str:
        """Run `rabbitmqctl` on our node and return what it printed."""
        return self.node.ctl(*args)

    def stop(self) -> None:
        """Shut the node down in order."""
        self.node.stop()

    def start(self) -> None:
        """Start the node again, with the data it had; returns when it is ready."""
        self.node.start()

    def kill(self) -> None:
        """End the node at once.

        RabbitMQ 3.10 writes the names of its quorum queues down half a second late, and does not
        recover a queue that it lost so. What is declared is settled first; messages are not.
        """
        self.node.ctl("eval", "[dets:sync(Table) || Table <- dets:all()].")
        self.node.kill()

    def pause(self) -> None:
        """Freeze the node."""
        self.node.pause()

    def resume(self) -> None:
        """Let a frozen node go on."""
        self.node.resume()

    def close(self) -> None:
        """Put the node right if the test left it stopped, and remove what the test made."""
        if self._node is not None:
            self._node.resume()
            self._node.start()
        if self._api is None:
            return
        for name in self._users:
            self.ask("DELETE", f"/api/users/{name}")
        self.ask("DELETE", f"/api/vhosts/{quote(self.vhost, safe='')}")

    def _open_vhost(self, url: str) -> None:
        given = urlsplit(url)
        self.vhost = f"test-{secrets.token_hex(6)}"
        self.url = f"{given.scheme}://{given.netloc}/{self.vhost}"
        self.ask("PUT", f"/api/vhosts/{self.vhost}")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.ask("PUT", f"/api/permissions/{self.vhost}/{given.username or 'guest'}", everything)


def ask_api(base: str, method: str, path: str, body: object = None) -> object:
    """Send one request to RabbitMQ's management API and return the JSON it answers, if any."""
    parts = urlsplit(base)
    request = urllib.request.Request(  # noqa: S310  (loopback, or what the environment names)
        f"{parts.scheme}://{parts.hostname}:{parts.port}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    login = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            text = answer.read()
    except urllib.error.HTTPError as refused:
        with contextlib.closing(refused):
            if refused.code == 404 and method == "DELETE":
                return None
            message = f"{method} {path}: {refused.code} {refused.read()!r}"
        raise ServerBroken(message) from None
    return json.loads(text) if text else None
