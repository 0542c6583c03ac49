"""Edits over a whole branch, without a pull request to begin with, delivered as one.

:func:`predict_edit.run.branch_shards.run_task` is the whole way; the other modules are its steps.
"""
