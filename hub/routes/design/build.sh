#!/usr/bin/env bash
# Builds the console's style into one file, and writes down its SHA-256: build.sh WORK BUILT.
# npm fetches what the lock names, whole by its hashes; no package's own script is run.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$1 built=$2

mkdir -p "$work" "$built"
cp "$here/package.json" "$here/package-lock.json" "$work/"
npm ci --prefix "$work" --ignore-scripts --omit=optional --omit=peer --fetch-retries=1 \
    --no-audit --no-fund --loglevel=error >&2
"$work/node_modules/.bin/sass" --style=compressed --no-source-map --no-charset --no-error-css \
    --load-path="$work/node_modules" --load-path="$work" "$here/console.scss" |
    # The one picture that these styles name; no page has it.
    sed -E 's/background-image:url\([^)]*icon-document\.svg\);?//' >"$work/govuk.css"
if grep -qiE '@font-face|url\(|crest|crown' "$work/govuk.css"; then
    echo "The style asks for a font or a picture: it is not used." >&2
    exit 1
fi
# The file and its hash are put in place one after the other: between them the plain style is used.
rm -f "$built/govuk.css.sha256"
mv "$work/govuk.css" "$built/govuk.css"
(cd "$built" && sha256sum govuk.css >govuk.css.sha256)
