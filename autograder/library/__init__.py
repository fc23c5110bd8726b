"""What a check may ask, of a student's code and of the reference alike."""
