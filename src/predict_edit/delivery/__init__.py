"""Where accepted edits go: suggestions, a commit, a pull request or patch files."""
