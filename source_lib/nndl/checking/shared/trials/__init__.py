"""Small changes of a student's own code, tried out: one with which a check passes shows the place of a mistake."""
