"""From an event to a command: its text, its author, and whether they may give it."""
