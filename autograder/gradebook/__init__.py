"""nbgrader's gradebook: the one place that says what somebody has earned, and why."""
