#!/usr/bin/env bash
# Gradescope runs this once, as root, when the autograder is built. Choose an image with Ubuntu 24.04 or newer.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap libseccomp2 util-linux python3 python3-venv

python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get install -y --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv /opt/grader
/opt/grader/bin/pip install --no-cache-dir -c /autograder/source/course/constraints.txt \
    -r /autograder/source/requirements.txt
