"""Build of the optional Cython kernels; everything else is in ``pyproject.toml``."""

from setuptools import setup

setup()
