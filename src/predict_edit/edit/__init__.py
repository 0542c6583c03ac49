"""From an instruction and a file to messages, and from an answer to a text that may be used.

Everything here is pure: text in, text out. Only the grammars of :mod:`predict_edit.edit.guards`
read a text in a process of their own.
"""
