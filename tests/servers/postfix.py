"""A private Postfix: a real mail server that accepts, refuses, defers and bounces."""

import asyncio
import os
import shutil
import signal
import subprocess
import threading
import time
from email import message_from_bytes
from pathlib import Path
from typing import NamedTuple

from tests.servers.ground import ServerBroken, find, free_port, new_home, remove_home
from tests.servers.warden import Leash

AGENCIES = "agency.test"
HUB = "hub.test"

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file_prefixes = /dev/stdout, {home}
maillog_file = /dev/stdout
myhostname = mail.{agencies}
mydomain = {agencies}
myorigin = {agencies}
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
biff = no
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = {agencies}, {hub}
virtual_mailbox_base = {home}
virtual_mailbox_maps = static:mail/
virtual_alias_maps = texthash:{home}/conf/aliases
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = texthash:{home}/conf/transport
smtpd_recipient_restrictions = check_recipient_access texthash:{home}/conf/recipients,
    permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_delay_reject = yes
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_hard_error_limit = 1000
smtp_dns_support_level = disabled
smtp_host_lookup = native
minimal_backoff_time = 1s
maximal_backoff_time = 5s
queue_run_delay = 1s
in_flow_delay = 0s
delay_warning_time = 2s
notify_classes =
"""

_MASTER = """
127.0.0.1:{port} inet n - n - 50 smtpd
127.0.0.1:{wall} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=check_recipient_access,static:{{550 5.1.1 No such mailbox}}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_RECIPIENTS = f"""
refuses@{AGENCIES} 550 5.1.1 No such mailbox here
later@{AGENCIES} 450 4.2.0 Mailbox busy, try again later
"""

_ALIASES = f"""
team@{AGENCIES} duty@{AGENCIES}, deputy@{AGENCIES}
"""


class Mail(NamedTuple):
    """One mail that arrived: to whom the envelope said, and the bytes with the server's headers."""

    recipient: str
    raw: bytes


class Postfix:
    """One Postfix instance of our own on a free loopback port.

    It takes mail for everyone at `agency.test` and `hub.test` (where delivery status notifications
    come back to), and offers DSN. Four mailboxes are special: `refuses@agency.test` is answered
    550 5.1.1 and `later@agency.test` 450 4.2.0 in the dialogue; `bounces@agency.test` is accepted
    and bounces a moment later; `team@agency.test` is a list of two. What cannot be delivered
    within two seconds is reported as delayed.
    """

    host = "127.0.0.1"

    def __init__(self) -> None:
        if os.geteuid() != 0:
            message = "Postfix's first process must be root's: run these tests as root"
            raise ServerBroken(message)
        self._postfix = find("postfix", "/usr/sbin", package="postfix")
        self.port, self._wall = free_port(), free_port()
        self.home = new_home("postfix")
        self._mail = self.home / "mail"
        self._routes: dict[str, str] = {f"bounces@{AGENCIES}": f"smtp:[127.0.0.1]:{self._wall}"}
        self._configure()
        self._command("postfix", "check")
        self._server = Leash(
            [self._daemons() / "master", "-s", "-c", self.home / "conf"],
            ready="daemon started",
            log=self.home / "postfix.log",
            env=_environment(),
            stop_signal=signal.SIGTERM,
        )

    @property
    def running(self) -> bool:
        """Whether the server lives."""
        return self._server.running

    @property
    def log(self) -> str:
        """What Postfix logged."""
        return (self.home / "postfix.log").read_text(errors="replace")

    def start(self) -> None:
        """Start the server, or start it again with the queue it had."""
        self._server.start()

    def stop(self) -> None:
        """Shut the server down."""
        self._server.stop()

    def kill(self) -> None:
        """End the server and all its processes at once."""
        self._server.kill()

    def pause(self) -> None:
        """Freeze the server: the port takes connections and says nothing."""
        self._server.pause()

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._server.resume()

    def route(self, domain: str, port: int, by: str = "smtp") -> None:
        """Hand mail for a domain or an address on to a server on loopback, by SMTP or LMTP."""
        where = "inet:127.0.0.1" if by == "lmtp" else "[127.0.0.1]"
        self._routes[domain] = f"{by}:{where}:{port}"
        self._write_routes()
        self._command("postfix", "reload")

    def messages(self, at_least: int = 0, timeout: float = 20) -> list[Mail]:
        """Return the mail that arrived, oldest first; wait until there is so much of it.

        From a coroutine that must go on meanwhile, use `arrived`.
        """
        deadline = time.monotonic() + timeout
        while True:
            mails = self._read()
            if len(mails) >= at_least:
                return mails
            if time.monotonic() > deadline:
                message = f"{len(mails)} of {at_least} mails arrived:\n{self.log[-3000:]}"
                raise ServerBroken(message)
            threading.Event().wait(0.02)

    async def arrived(self, at_least: int, timeout: float = 20) -> list[Mail]:  # noqa: ASYNC109
        """Wait without holding the event loop, then return the mail as `messages` does."""
        return await asyncio.to_thread(self.messages, at_least, timeout)

    def forget(self) -> None:
        """Throw away all mail, delivered and queued."""
        shutil.rmtree(self._mail, ignore_errors=True)
        if any((self.home / "queue" / name).rglob("*") for name in ("active", "deferred")):
            self._command("postsuper", "-d", "ALL")

    def close(self) -> None:
        """End everything and remove the data."""
        self._server.stop()
        remove_home(self.home)

    def put_right(self) -> None:
        """Start what a test left stopped, and forget its mail and its routes."""
        self.resume()
        self.start()
        if len(self._routes) > 1:
            self._routes = {f"bounces@{AGENCIES}": f"smtp:[127.0.0.1]:{self._wall}"}
            self._write_routes()
            self._command("postfix", "reload")
        self.forget()

    def _read(self) -> list[Mail]:
        files = sorted((self._mail / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        return [_mail_from(file.read_bytes()) for file in files]

    def _configure(self) -> None:
        conf = self.home / "conf"
        for folder in (conf, self.home / "queue", self.home / "data"):
            folder.mkdir()
            folder.chmod(0o755)
        shutil.chown(self.home / "data", "postfix")
        shutil.chown(self.home, "nobody")
        mailer = self.home.stat()
        (conf / "main.cf").write_text(
            _MAIN.format(home=self.home, agencies=AGENCIES, hub=HUB, uid=mailer.st_uid, gid=65534)
        )
        (conf / "master.cf").write_text(_MASTER.format(port=self.port, wall=self._wall))
        (conf / "recipients").write_text(_RECIPIENTS)
        (conf / "aliases").write_text(_ALIASES)
        for given in ("dynamicmaps.cf", "postfix-files", "postfix-script", "post-install"):
            source = Path("/etc/postfix") / given
            if source.exists():
                shutil.copy(source, conf / given)
        self._write_routes()

    def _write_routes(self) -> None:
        lines = [f"{domain} {hop}\n" for domain, hop in self._routes.items()]
        (self.home / "conf" / "transport").write_text("".join(lines))

    def _daemons(self) -> Path:
        return Path(self._command("postconf", "-h", "daemon_directory").strip())

    def _command(self, program: str, *args: str) -> str:
        done = subprocess.run(
            [self._postfix.with_name(program), "-c", self.home / "conf", *args],
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            message = f"{program} {' '.join(args)}: {done.stdout}{done.stderr}"
            raise ServerBroken(message)
        return done.stdout


def _mail_from(raw: bytes) -> Mail:
    return Mail(str(message_from_bytes(raw)["X-Original-To"] or ""), raw)


def _environment() -> dict[str, str]:
    # Postfix tells the age of its queue by its files: it stays on the machine's own day.
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}
