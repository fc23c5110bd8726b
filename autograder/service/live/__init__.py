"""What the course's staff see of the service."""
