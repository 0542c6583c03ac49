"""Instructed edits of a pull request, delivered as review suggestions."""

__version__ = "0.1.0"
