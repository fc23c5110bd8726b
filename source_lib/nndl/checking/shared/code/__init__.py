"""What can be seen in a student's code without running it: facts that are true whatever the code is meant to do."""
