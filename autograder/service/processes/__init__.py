"""The processes of the service, which share a folder and nothing else, so that each may be killed at any moment."""
