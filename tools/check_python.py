"""Stop with a clear line where Python is too old."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (this is what tells people)
    sys.exit(
        "Python 3.11 or newer is needed, but this is {}.{}. Name another one: make PYTHON=python3.12 ...".format(
            *sys.version_info[:2]
        )
    )
