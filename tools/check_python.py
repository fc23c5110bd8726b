"""Stop with a clear message if Python is too old."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (the check that people see)
    sys.exit(
        "Python 3.11 or newer is needed, but this is {}.{}. Choose another one: make PYTHON=python3.12 ...".format(
            *sys.version_info[:2]
        )
    )
