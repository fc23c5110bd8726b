#!/bin/sh
# Submissions are graded in bubblewrap. Install it if possible; otherwise print the command to run.
set -eu

command -v bwrap >/dev/null 2>&1 && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing bubblewrap"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq bubblewrap >/dev/null
    exit 0
fi

echo "bubblewrap is missing: submissions can only be graded in its sandbox. Install it with" >&2
if command -v apt-get >/dev/null 2>&1; then
    echo "    sudo apt-get install bubblewrap" >&2
elif command -v dnf >/dev/null 2>&1; then
    echo "    sudo dnf install bubblewrap" >&2
elif command -v pacman >/dev/null 2>&1; then
    echo "    sudo pacman -S bubblewrap" >&2
else
    echo "    your system's package manager (Linux only; see docs/instructor-guide.md for macOS and Windows)" >&2
fi
exit 1
