"""From (head file, edited file) to suggestions that apply and a patch for the rest.

Pure text to values, but for ``git diff``, which runs as a process. The order of the work is the
order of the modules here: ``diff`` finds the hunks, ``anchors`` the lines that take comments,
``compose`` makes suggestions, ``replay`` proves them, ``patch`` writes down the rest, and ``place``
ties it all together.
"""
