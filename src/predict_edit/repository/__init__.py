"""Edits over a whole branch, without a pull request to begin with, delivered as one.

:func:`predict_edit.repository.jobs.run_task` is the whole way; the other modules are its steps.
"""
