"""The grading service: hand-ins come in over HTTP, wait in a queue, and are graded by the one grading path."""
