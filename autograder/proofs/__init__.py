"""Proofs that the checks are strong and fair."""
