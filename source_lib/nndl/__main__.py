"""The command ``python -m nndl pack``."""

from __future__ import annotations

import argparse
import sys

from .hand_in.packer import pack


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0 if everything that is asked for was packed, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m nndl", description="Tools for your own assignment.")
    commands = parser.add_subparsers(dest="command", required=True)
    packer = commands.add_parser(
        "pack", help="say what of a folder would be read, what is missing, and pack what is to be handed in"
    )
    packer.add_argument(
        "folder", nargs="?", default=".", help="the folder of the assignment (default: this one)"
    )
    packer.add_argument("--look", action="store_true", help="only say it, write nothing")
    chosen = parser.parse_args(arguments)
    return 0 if pack(chosen.folder, write=not chosen.look) else 1


if __name__ == "__main__":
    sys.exit(main())
