"""The web process: takes hand-ins and shows results. It never runs student code, and holds no secret of grading."""
