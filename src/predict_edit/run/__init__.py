"""One engine for every run; :func:`predict_edit.run.engine.run` is the whole way."""
