"""The commands grade the same submissions as the tests of `grading`."""

from ..grading.conftest import few_hidden_images, submitted

__all__ = ["few_hidden_images", "submitted"]
