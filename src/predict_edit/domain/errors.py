"""Everything that can go wrong, in one tree, each with what the user should do.

::

    PredictEditError
    ├── SettingsError             the settings are wrong: exit status 2
    │   ├── MissingInput
    │   ├── InvalidInput
    │   ├── ContradictingInputs
    │   └── ConfigError           the repository's .github/predict-edit.yml
    │       ├── InvalidConfig
    │       └── UnknownConfigKey
    ├── CommandError              the comment is wrong: answered on the pull request
    │   ├── NearMiss
    │   ├── UnknownCommand
    │   ├── UnknownOption
    │   ├── OptionNotAllowed
    │   ├── InvalidOption
    │   ├── UnbalancedQuote
    │   ├── UnknownRecipe
    │   ├── MissingInstruction
    │   ├── InstructionTooLong
    │   └── NothingToApply
    ├── EventError                the runner's environment or event file is not what GitHub writes
    ├── ForgeError                GitHub refused or failed
    │   ├── ForgeUnauthorized     401
    │   ├── ForgeForbidden        403 without a rate limit
    │   ├── ForgeNotFound         404
    │   ├── ForgeRefused          422 and other 4xx
    │   │   ├── AnchorRefused     a suggestion that GitHub finds outside the diff
    │   │   ├── PendingReview     the token's account has an unfinished review there
    │   │   ├── TextRefused       longer than GitHub takes
    │   │   ├── EverythingRefused nothing from this account, or nothing on this pull request
    │   │   └── BranchMoved       a branch is not at the expected commit
    │   ├── ForgeRateLimited      403 or 429 with a limit
    │   ├── ForgeUnavailable      5xx, broken connection, timeout
    │   └── ForgeAnswerInvalid    an answer that is not what GitHub documents
    ├── PullRequestError          the pull request cannot be worked on
    │   ├── PullRequestClosed
    │   ├── HeadMismatch          the @sha of the command is not the head
    │   ├── CommandChanged        the comment was edited or deleted while the run worked
    │   ├── AlreadyRunning        another command is being carried out
    │   └── CommitRefused         the edits could not be committed on the head branch
    ├── BranchTaken               every name for our branch has commits by others
    ├── ModelError                the model or its endpoint refused or failed
    │   ├── SignInError           no credential was found
    │   ├── ModelUnauthorized     401
    │   ├── ModelForbidden        403
    │   ├── ModelNotFound         404
    │   ├── ModelRefused          400, 422 and other 4xx
    │   ├── ContextTooLong        400 context_length_exceeded
    │   ├── ContentFiltered       prompt or answer
    │   ├── ModelRateLimited      429
    │   │   └── QuotaExhausted    quota, credit or budget is used up
    │   ├── ModelUnavailable      5xx, connection
    │   ├── ModelTimeout
    │   └── StreamCutShort        the stream ended without a finish reason, or was no stream
    ├── AnswerError               an answer came but must not be used
    │   ├── AnswerTooLong         finish reason length
    │   ├── AnswerRefused         the model declined
    │   ├── AnswerEmpty
    │   └── AnswerUnusable        prose, fences, elision, …
    ├── FileTooLong               longer than an answer can be, and it cannot be split
    ├── BudgetExceeded            a limit of the run would be exceeded
    ├── SpreadError               the parts of a run over several jobs do not fit together
    ├── FindingsError             a linter's report cannot be read
    ├── DiffError                 git could not compare two texts
    ├── CheckoutError             a local checkout cannot be read
    ├── LocalFileError            a local file cannot be read or written
    ├── ResultInvalid             not a finished run
    ├── ReplayError               a suggestion does not apply to the text it was made for
    ├── RunCancelled              the workflow's run was cancelled
    └── Defect                    something that must not happen happened
"""

from __future__ import annotations


class PredictEditError(Exception):
    """Base of the tree.

    ``cause`` says what happened and ``next_step`` what to do about it, a sentence or two each.
    Neither may hold a secret, a prompt or file contents.
    """

    def __init__(self, cause: str, next_step: str) -> None:
        super().__init__(cause, next_step)
        self.cause = cause
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.cause} {self.next_step}".strip()


class SettingsError(PredictEditError):
    """The settings are wrong; no model was asked. Exit status 2."""


class MissingInput(SettingsError):
    """A required input was not given."""


class InvalidInput(SettingsError):
    """An input has an invalid value."""


class ContradictingInputs(SettingsError):
    """Two inputs exclude each other."""


class ConfigError(SettingsError):
    """The repository's ``.github/predict-edit.yml`` is wrong."""


class InvalidConfig(ConfigError):
    """The file is not a YAML mapping, or a key has an invalid value."""


class UnknownConfigKey(ConfigError):
    """The file has a key that does not exist; the message names the nearest one."""


class CommandError(PredictEditError):
    """The comment is wrong; it is answered on the pull request and nothing runs."""


class NearMiss(CommandError):
    """A comment that starts with almost the command word."""


class UnknownCommand(CommandError):
    """A word for a tool, such as ``cancel``, that this tool does not know."""


class UnknownOption(CommandError):
    """An option that does not exist; the message names the allowed ones."""


class OptionNotAllowed(CommandError):
    """An option that exists but that this repository does not let commenters set so."""


class InvalidOption(CommandError):
    """An option with an invalid value, or without one."""


class UnbalancedQuote(CommandError):
    """A quote that is opened and not closed."""


class UnknownRecipe(CommandError):
    """``run`` with a name that the repository's config does not define."""


class MissingInstruction(CommandError):
    """Options but no instruction."""


class InstructionTooLong(CommandError):
    """An instruction longer than any model should be given with each file."""


class NothingToApply(CommandError):
    """``apply`` if no open suggestion of ours can be committed."""


class EventError(PredictEditError):
    """The runner's environment or event file is not what GitHub writes."""


class ForgeError(PredictEditError):
    """GitHub refused or failed.

    ``status`` is the HTTP status, ``None`` when no answer came; ``reasons`` are GitHub's own
    sentences, as sent.
    """

    def __init__(
        self,
        cause: str,
        next_step: str,
        *,
        status: int | None = None,
        reasons: tuple[str, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(cause, next_step)
        self.status = status
        self.reasons = reasons
        self.retry_after = retry_after
        """Seconds GitHub asks to wait, if it says so."""


class ForgeUnauthorized(ForgeError):
    """401: the token is missing, wrong or expired."""


class ForgeForbidden(ForgeError):
    """403: the token may not do this."""


class ForgeNotFound(ForgeError):
    """404: it does not exist, or the token may not see it."""


class ForgeRefused(ForgeError):
    """422 or another 4xx: GitHub does not accept what was sent."""


class AnchorRefused(ForgeRefused):
    """A review was refused for a path or line that is not in the diff.

    GitHub refuses the whole review and does not name the comment.
    """


class PendingReview(ForgeRefused):
    """A review was refused because the token's account has a pending one on the pull request."""


class TextRefused(ForgeRefused):
    """A body is longer than the 65,536 characters that GitHub takes."""


class EverythingRefused(ForgeRefused):
    """GitHub refuses everything from this account or on this pull request, however small."""


class BranchMoved(ForgeRefused):
    """A branch is no longer at the expected commit; it was left alone."""


class ForgeRateLimited(ForgeError):
    """403 or 429 with a primary or secondary rate limit."""


class ForgeUnavailable(ForgeError):
    """5xx, a broken connection or a timeout: it is not known whether a write happened."""


class ForgeAnswerInvalid(ForgeError):
    """An answer that is not what GitHub documents."""


class PullRequestError(PredictEditError):
    """The pull request cannot be worked on."""


class PullRequestClosed(PullRequestError):
    """GitHub applies no suggestions on a closed pull request, and a commit would come too late."""


class HeadMismatch(PullRequestError):
    """The command's ``@sha`` is not the head."""


class FileLeftPullRequest(PullRequestError):
    """The file of the review thread is not among the changes of the pull request any more."""


class CommandChanged(PullRequestError):
    """The comment was edited or deleted while the run worked."""


class AlreadyRunning(PullRequestError):
    """Another command is being carried out on the pull request; ``url`` is where it reports."""

    def __init__(self, cause: str, next_step: str, *, url: str) -> None:
        super().__init__(cause, next_step)
        self.url = url


class CommitRefused(PullRequestError):
    """The edits could not be committed on the head branch; ``cause`` says why."""


class ForkRefused(PullRequestError):
    """The pull request is from a fork, into whose branch no pull request can be opened."""


class BranchTaken(PredictEditError):
    """Every name for the branch of our pull request has commits that are not ours."""


class ModelError(PredictEditError):
    """The model or its endpoint refused or failed."""


class SignInError(ModelError):
    """No credential for the model was found."""


class ModelUnauthorized(ModelError):
    """401: the key or token is wrong."""


class ModelForbidden(ModelError):
    """403: the identity may not use this model."""


class ModelNotFound(ModelError):
    """404: wrong resource, wrong deployment name or a retired model."""


class ModelRefused(ModelError):
    """400, 422 or another 4xx: the request has something this model does not take."""


class ContextTooLong(ModelError):
    """The file and the prompt are longer than the model's context.

    ``limit`` is that context in tokens, if the provider names it.
    """

    def __init__(self, cause: str, next_step: str, *, limit: int | None = None) -> None:
        super().__init__(cause, next_step)
        self.limit = limit


class ContentFiltered(ModelError):
    """The provider's content filter stopped the prompt or the answer."""


class ModelRateLimited(ModelError):
    """429, and waiting did not help in time."""


class QuotaExhausted(ModelRateLimited):
    """The account's quota, credit or budget is used up: no file of the run gets an answer."""


class ModelUnavailable(ModelError):
    """5xx or no connection."""


class ModelTimeout(ModelError):
    """No complete answer in time."""


class StreamCutShort(ModelError):
    """The stream ended without a finish reason, or was no stream at all."""


class AnswerError(PredictEditError):
    """An answer came but must not be used."""


class AnswerTooLong(AnswerError):
    """The model reached its output limit (finish reason ``length``)."""


class AnswerRefused(AnswerError):
    """The model declined."""


class AnswerEmpty(AnswerError):
    """No text for a file that has some."""


class AnswerUnusable(AnswerError):
    """Text that is not the whole edited file."""


class FileTooLong(PredictEditError):
    """Longer than an answer can be, and it cannot be split."""


class BudgetExceeded(PredictEditError):
    """A limit of the run would be exceeded by this call."""


class OutputError(PredictEditError):
    """A file of the output folder, or one that the runner reads, cannot be written."""


class SpreadError(PredictEditError):
    """The plan or a result of a run that is spread over jobs is missing or cannot be read."""


class FindingsError(PredictEditError):
    """A linter's report cannot be read; the message names the file and the place in it."""


class DiffError(PredictEditError):
    """``git`` could not compare two texts."""


class CheckoutError(PredictEditError):
    """A local git checkout cannot be read."""


class LocalFileError(PredictEditError):
    """A local file cannot be read or written, or changed in the meantime."""


class ResultInvalid(PredictEditError):
    """A page was asked for of something that is not a finished run."""


class ReplayError(PredictEditError):
    """A suggestion does not apply to the text it was made for."""


class RunCancelled(PredictEditError):
    """The workflow's run was cancelled, or its time was up."""


class Defect(PredictEditError):
    """Something that must not happen happened: a mistake in this program."""

    @classmethod
    def of(cls, error: BaseException) -> Defect:
        """Describe an unexpected exception without its text, which may hold anything."""
        return cls(
            f"predict-edit has a defect ({type(error).__name__}).",
            "The log of the run says where; please report it.",
        )
