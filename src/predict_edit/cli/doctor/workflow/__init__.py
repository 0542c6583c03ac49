"""Common mistakes in a workflow file that uses the action, with the lines that correct them. Pure.

``source`` knows a file by its characters and lines, ``use`` finds the jobs that use the action, and
``events``, ``rights``, ``job`` and ``step`` are the rules. ``examine`` is the way in.
"""
