"""What a run reports: comments, the job summary, the outputs and ``result.json``.

Everything here is pure: a :class:`predict_edit.domain.RunReport` in, text out. Whatever came from
outside (file names, reasons, model names, instructions) goes through :mod:`.markdown`.
"""
