"""The folder that a run leaves in the workspace."""

FOLDER = "predict-edit-out"
