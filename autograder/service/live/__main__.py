"""The web process with the pages of the course's staff: ``python -m autograder.service.live web HOST PORT``."""

import sys

from ..processes import serve
from .page import pages

if __name__ == "__main__":
    serve.main(sys.argv[1:], pages())
