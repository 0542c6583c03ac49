"""How fast predict-edit is, measured with the sandbox: ``python -m benchmarks``."""
