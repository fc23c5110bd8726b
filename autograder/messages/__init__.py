"""What students read: where their code stopped, and in which cases it is right."""
