"""From an event to a command: what was said, where, by whom, and whether they may."""
