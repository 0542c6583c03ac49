"""The same files with and without a prediction, in turn, and what each cost."""
