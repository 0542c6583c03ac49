"""Which files are edited, and why not the others.

:mod:`predict_edit.select.choose` decides by path and status, before anything is read;
:mod:`predict_edit.select.content` by content. Every file that is not edited has its reason.
"""
