#!/bin/sh
# The browser tests drive Debian's chromium. It is installed here if it is not there: as root, or through sudo.
set -eu
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The browser tests need chromium, and there is no apt-get to install it; install it by hand (they are skipped)." >&2
    exit 0
fi
root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "The browser tests need chromium; as root: apt-get install chromium (they are skipped until then)." >&2
        exit 0
    fi
    root="sudo"
fi
echo "Installing chromium for the browser tests (once) …"
log=$(mktemp)
if $root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get -q update && apt-get -qy install --no-install-recommends chromium fonts-dejavu-core' >"$log" 2>&1; then
    rm -f "$log"
else
    tail -5 "$log" >&2
    echo "chromium could not be installed; the browser tests are skipped. All of apt-get's words: $log" >&2
fi
