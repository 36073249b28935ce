#!/usr/bin/env bash
# Runs a command as though it were another instant, in UTC: another_day.sh '2027-03-28 00:57' COMMAND...
# Without an instant ('') it runs the command as it is.
set -euo pipefail

instant=$1
shift
[ -n "$instant" ] || exec "$@"
told=$(date -u -d "$instant" +%s)
shift_by=$((told - $(date +%s)))
command -v cc >/dev/null || {
    echo "A run on another day (DAY) needs a C compiler, and \`cc\` is not on this machine (Debian: apt-get install gcc libc6-dev)." >&2
    exit 1
}
# Servers that refuse root read it as well.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cc -O2 -Wall -Wextra -Werror -shared -fPIC "-DSHIFT=$shift_by" -o "$folder/another_day.so" "$(dirname "$0")/another_day.c"
echo "It is $(LD_PRELOAD=$folder/another_day.so date -u '+%A %-d %B %Y %H:%M UTC')" >&2
LD_PRELOAD=$folder/another_day.so "$@"
