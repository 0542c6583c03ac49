"""What may come out of a model, hunk by hunk.

Only what an answer *adds* is judged: characters that nobody sees, and secrets. A file that already
holds strange characters can still be edited. Pure: a hunk in, a reason or nothing out.
"""

from predict_edit.edit.screen.judge import judge_for, secret_in

__all__ = ["judge_for", "secret_in"]
