"""The nouns of the project, as frozen values that flow one way through a run.

These modules import nothing else of the project. Lines are always the pieces between line feeds and
nothing else; a line keeps its line feed (and a carriage return before it), and only the last line
of a text may lack it. Line numbers are 1-based and mean the file at the pinned head.
"""
