"""Homework 2: nearest neighbours and the two linear classifiers."""
