"""Slips: small changes of the reference, to measure the checks by, and to tell what a wrong answer looks like."""
