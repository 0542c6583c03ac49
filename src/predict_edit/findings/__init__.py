"""What linters found, per file: from their reports to values that can be shown and judged by.

Everything here is pure; :mod:`predict_edit.findings.workspace` reads the files.
"""
