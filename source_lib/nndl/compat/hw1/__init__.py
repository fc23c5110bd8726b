"""The Seoul introduction to deep learning: homework 1."""
