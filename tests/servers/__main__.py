"""`python -m tests.servers`: the servers, to play with or to share between test runs."""

import signal

from tests.servers.session import MAKERS, Servers


def main() -> None:
    """Start all servers, print what to export, and end them at Ctrl-C."""
    servers = Servers()
    try:
        for name in MAKERS:
            servers.begin(name)
        rabbit, postgres, postfix = servers.rabbit(), servers.postgres(), servers.postfix()
        print(f"export HUB_TEST_AMQP_URL={rabbit.url}")
        print(f"export HUB_TEST_RABBIT_API={rabbit.api_url}")
        print(f"export HUB_TEST_POSTGRES_URL={postgres.url}")
        print(f"# Postfix takes mail for agency.test at {postfix.host}:{postfix.port}", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        servers.end()


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    main()
