"""Commands that exchange something with a learning management system."""
