"""From an instruction and a file to messages, and from an answer to a text that may be used.

Everything here is pure: text in, text out, no input or output.
"""
