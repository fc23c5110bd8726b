"""The commands ``python -m nndl pack``, ``submit``, ``doctor`` and ``build``."""

from __future__ import annotations

import argparse
import sys

from . import doctor
from .fast import build
from .hand_in.packer import pack
from .service.submitting import send


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0 if it did what was asked, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m nndl", description="Tools for your own assignment.")
    commands = parser.add_subparsers(dest="command", required=True)
    packer = commands.add_parser(
        "pack", help="say what of a folder would be read, what is missing, and pack what is to be handed in"
    )
    packer.add_argument(
        "folder", nargs="?", default=".", help="the folder of the assignment (default: this one)"
    )
    packer.add_argument("--look", action="store_true", help="only say it, write nothing")
    submitter = commands.add_parser(
        "submit", help="hand in to the course's grading service, if it has one, and show the official result"
    )
    submitter.add_argument(
        "folder", nargs="?", default=".", help="the folder of the assignment (default: this one)"
    )
    submitter.add_argument("--incomplete", action="store_true", help="hand in although files are missing")
    submitter.add_argument(
        "--anyway", action="store_true", help="hand in whatever is there, also what Python cannot read"
    )
    commands.add_parser("doctor", help="say what works on this machine, and what to do about what does not")
    commands.add_parser("build", help="build the faster convolutions; needs a C compiler")
    chosen = parser.parse_args(arguments)
    if chosen.command == "doctor":
        return 0 if doctor.examine() else 1
    if chosen.command == "build":
        return 0 if build.build() else 1
    if chosen.command == "submit":
        return 0 if send(chosen.folder, incomplete=chosen.incomplete, anyway=chosen.anyway) else 1
    return 0 if pack(chosen.folder, write=not chosen.look) else 1


if __name__ == "__main__":
    sys.exit(main())
