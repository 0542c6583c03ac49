"""Everything that talks to GitHub and to the runner."""
