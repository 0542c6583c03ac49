"""Whether settings, sign-in, model and workflow files are fit for the action."""
