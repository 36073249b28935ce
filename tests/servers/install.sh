#!/usr/bin/env bash
# Finds the servers the tests start privately, the browser they drive, and npm, which fetches the
# specifications that documents are measured by; and installs from Debian what is missing.
# It starts none of them for the machine: the tests start their own, on free loopback ports.
set -euo pipefail

missing=()
command -v rabbitmq-server >/dev/null || [ -x /usr/sbin/rabbitmq-server ] || missing+=(rabbitmq-server)
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v postfix >/dev/null || [ -x /usr/sbin/postfix ] || missing+=(postfix)
[ -x "${HUB_TEST_CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium)
command -v npm >/dev/null || missing+=(npm)
# Only a run on another day compiles anything.
[ -z "${DAY:-}" ] || command -v cc >/dev/null || missing+=(gcc libc6-dev)
# An URL given by the environment stands in for the server.
[ -n "${HUB_TEST_AMQP_URL:-}" ] && missing=("${missing[@]/rabbitmq-server/}")
[ -n "${HUB_TEST_POSTGRES_URL:-}" ] && missing=("${missing[@]/postgresql/}")
read -r -a missing <<<"${missing[*]:-}"
[ "${#missing[@]}" -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    cat >&2 <<SAY
The tests need these, and they are not on this machine: ${missing[*]}

Any one of these ways will do:
  1. install them yourself (Debian: sudo apt-get install --no-install-recommends ${missing[*]})
  2. run 'make test' as root on Debian, and it installs them
  3. for RabbitMQ and PostgreSQL, name servers that already run:
     HUB_TEST_AMQP_URL=amqp://user:password@host:5672/
     HUB_TEST_POSTGRES_URL=postgresql+asyncpg://user:password@host:5432/postgres
  4. for Chromium, name the program: HUB_TEST_CHROMIUM=/path/to/chromium
SAY
    exit 1
fi

# While this policy stands, a package that is installed starts no service.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing from Debian: ${missing[*]}" >&2
echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections || true
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
