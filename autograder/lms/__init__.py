"""What goes to a learning management system and comes from it: grades, rosters, and what students uploaded there."""
