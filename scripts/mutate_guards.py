"""Take each guard away in a copy of the sources, and show that a named test then fails.

A test that passes with its guard gone guards nothing. Every test runs once on the sources as they
are, so that a failure for another reason is not taken for proof.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "predict_edit"
CORPUS = "tests/hostile/test_corpus.py"
COMMAND = f"{CORPUS}::test_hostile_command"
FILE = f"{CORPUS}::test_hostile_file_or_answer"
OWN_BRANCH = "tests/delivery/test_own_branch.py::TestMarkers"
SECONDS = 900
STOP = "tests/llm/test_stream.py::test_only_stop_is_a_whole_answer"
HABIT = "tests/edit/test_habits.py::test_each_habit_has_its_outcome"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Guard:
    """One guard: its place, its replacement, and the test that must notice."""

    name: str
    file: str
    old: str
    new: str
    test: str


GUARDS = (
    Guard(
        name="only who has the role may command",
        file="trigger/roles.py",
        old="if role >= least and role is not Role.NONE:",
        new="if role is not None:",
        test=f"{COMMAND}[stranger]",
    ),
    Guard(
        name="only people command",
        file="trigger/events.py",
        old="if not user.is_person:",
        new='if user.login == "nobody":',
        test=f"{COMMAND}[bot-commands]",
    ),
    Guard(
        name="no value of a wrong input on the pull request",
        file="settings/inputs.py",
        old="parsed=_without_values(error)",
        new="parsed=error",
        test=f"{COMMAND}[any-input-may-hold-a-secret]",
    ),
    Guard(
        name="an edited comment is no command",
        file="trigger/events.py",
        old='if event.action != "created":',
        new="if not event.action:",
        test=f"{COMMAND}[edited-comment]",
    ),
    Guard(
        name="a commenter only lowers limits",
        file="settings/resolve.py",
        old="if asked.max_suggestions is not None and asked.max_suggestions > most:",
        new="if asked.max_suggestions is not None and asked.max_suggestions < 0:",
        test=f"{COMMAND}[option-raises-suggestions]",
    ),
    Guard(
        name="workflows and the like are protected",
        file="select/choose.py",
        old="if (what := protected(path)) and unlocked.match(path) is None:",
        new="if (what := protected(path)) and not path:",
        test=f"{FILE}[workflow-file]",
    ),
    Guard(
        name="characters that reorder text are found",
        file="edit/screening/characters.py",
        old="if _reorders(hunk.removed, new):",
        new="if not new:",
        test=f"{FILE}[bidi-override-hides-a-check]",
    ),
    Guard(
        name="invisible characters are found",
        file="edit/screening/characters.py",
        old="if count > before[char] and char not in allowed:",
        new="if count < 0:",
        test=f"{FILE}[tag-characters-spell-an-order]",
    ),
    Guard(
        name="own secrets are found",
        file="edit/screening/__init__.py",
        old="if own:",
        new="if not own:",
        test=f"{FILE}[own-key-base64]",
    ),
    Guard(
        name="halves of a secret are not both posted",
        file="edit/screening/__init__.py",
        old=" or (earlier and own.are_in(earlier + shown))",
        new="",
        test=f"{FILE}[own-key-in-two-hunks]",
    ),
    Guard(
        name="new tokens are found",
        file="edit/screening/__init__.py",
        old="if token not in file.text and token not in instruction:",
        new="if not token:",
        test=f"{FILE}[new-cloud-key]",
    ),
    Guard(
        name="a suggestion's fence is longer than any inside",
        file="suggest/compose.py",
        old="max(3, longest + 1)",
        new="3",
        test=f"{FILE}[fence-break-out]",
    ),
    Guard(
        name="forged markers are broken",
        file="report/markdown.py",
        old="honest = body.replace(_OPENING, _FORGED)",
        new="honest = body",
        test="tests/hostile/test_fuzz.py::test_only_our_own_marker_is_found",
    ),
    Guard(
        name="the old form of commands is broken up",
        file="support/log.py",
        old='printable(text).replace("##[", r"#\\#[")',
        new="printable(text)",
        test="tests/support/test_log.py::TestSafeFormatter::test_no_line_is_a_command",
    ),
    Guard(
        name="nobody can guess the delimiter of an output",
        file="github/actions_runner.py",
        old='delimiter = f"predict-edit-{uuid.uuid4()}"',
        new='delimiter = "EOF"',
        test="tests/github/test_actions_runner.py::TestOutputs::test_several_values_stay_apart",
    ),
    Guard(
        name="debug lines of libraries stay out",
        file="support/log.py",
        old="_is_ours(record) or record.levelno >= logging.WARNING",
        new="record is not None",
        test="tests/support/test_log.py::TestSafeFormatter::test_debug_lines_of_libraries_stay_out",
    ),
    Guard(
        name="GitHub's token follows no redirect away",
        file="github/client.py",
        old="if response is not None and response.status in _REDIRECTS:",
        new="if response is not None and not response.status:",
        test="tests/github/test_client.py::test_no_other_redirect_is_followed",
    ),
    Guard(
        name="the model's key follows no redirect",
        file="llm/auth.py",
        old="follow_redirects=False,\n",
        new="follow_redirects=True,\n",
        test=f"{COMMAND}[model-redirects]",
    ),
    Guard(
        name="git gets no environment",
        file="suggest/diff.py",
        old="env=environment,",
        new="env=None,",
        test="tests/suggest/test_diff.py::test_git_sees_no_secret",
    ),
    Guard(
        name="the runner's tokens leave the environment",
        file="cli/privileges.py",
        old="if name.startswith(_RUNNER_SECRETS) or",
        new="if",
        test="tests/cli/test_privileges.py::test_runner_secrets_leave_the_environment",
    ),
    Guard(
        name="commands of one person are counted",
        file="trigger/rate_limit.py",
        old="if len(times) < COMMANDS:",
        new="if times is not None:",
        test="tests/trigger/test_rate_limit.py::TestTooMany::test_the_limit_itself",
    ),
    Guard(
        name="one command at a time",
        file="trigger/rate_limit.py",
        old="if now < until:",
        new="if until < now:",
        test="tests/action/test_crowd.py::test_second_command_gets_a_link_to_the_first",
    ),
    Guard(
        name="who dispatches is asked about",
        file="run/prefetch.py",
        old="return max(Role.WRITE, await forge.role_of(command.author, command.author_id))",
        new="return Role.ADMIN",
        test=f"{COMMAND}[dispatch-below-the-role]",
    ),
    Guard(
        name="GitHub's token is not sent in the clear",
        file="github/client.py",
        old='parts.scheme == "http" and here',
        new='parts.scheme == "http"',
        test=f"{COMMAND}[github-in-the-clear-nearby]",
    ),
    Guard(
        name="what is masked later is secret, too",
        file="support/log.py",
        old='masked later."""\n        return self._secrets',
        new='masked later."""\n        return Secrets()',
        test="tests/hostile/test_sign_in.py::test_token_from_signing_in_is_not_posted",
    ),
    Guard(
        name="links in the workspace are not followed",
        file="delivery/output_files.py",
        old="if folder.is_symlink() or not folder.is_dir():",
        new="if not folder.is_dir():",
        test="tests/hostile/test_paths.py::test_folder_that_is_a_link_is_not_written_into",
    ),
    Guard(
        name="only sealed suggestions are committed",
        file="delivery/apply.py",
        old="marker = seals.find(thread.comment.body, SUGGESTION) if thread.comment.mine else None",
        new="marker = find_marker(thread.comment.body, SUGGESTION)",
        test="tests/action/test_apply.py::TestApply::test_another_workflow_cannot_speak_for_us",
    ),
    Guard(
        name="a seal is for one pull request",
        file="support/markers.py",
        old='["predict-edit mark", self.about.casefold(), marker.kind, *fields]',
        new='["predict-edit mark", marker.kind, *fields]',
        test="tests/action/test_apply.py::TestApply::test_moved_from_another_pull_request",
    ),
    Guard(
        name="a key that everybody knows seals nothing",
        file="delivery/apply.py",
        old="if seals.key and not seals.hold:",
        new="if not seals:",
        test="tests/action/test_apply.py::TestApply::test_a_key_that_everybody_knows",
    ),
    Guard(
        name="a copy of what was decided is not committed",
        file="delivery/apply.py",
        old="if mark not in decided and thread.is_open",
        new="if thread.is_open",
        test="tests/action/test_apply.py::TestApply::test_a_copy_of_what_was_decided",
    ),
    Guard(
        name="what is protected is asked when it is written",
        file="delivery/apply.py",
        old="if protected(thread.path) is None or free.match(thread.path) is not None",
        new="if thread.path",
        test="tests/action/test_apply.py::TestApply::test_what_is_protected_is_asked_again",
    ),
    Guard(
        name="a branch is ours only by a sealed mark",
        file="delivery/pull_request.py",
        old="if marker and is_secret(secret) and not _sealed(marker, secret) else marker",
        new="if marker is None else marker",
        test=f"{OWN_BRANCH}::test_a_seal_that_does_not_fit_is_no_mark",
    ),
    Guard(
        name="an app's login is not a person's",
        file="trigger/events.py",
        old='and not self.login.casefold().endswith("[bot]")',
        new="and self.login",
        test="tests/trigger/test_events.py::test_ignored_comments",
    ),
    Guard(
        name="a role is an account's, not a login's",
        file="github/pull_requests.py",
        old="if None not in {account, found.account} and account != found.account:",
        new="if account == -1:",
        test="tests/github/test_pull_requests.py::test_the_role_is_the_account_s",
    ),
    Guard(
        name="a plan brings no protected file in",
        file="run/context.py",
        old="files=chosen.kept,",
        new="files=changed if planned else chosen.kept,",
        test="tests/action/test_artifacts.py::test_forged_plan_reaches_no_protected_file",
    ),
    Guard(
        name="a base of one's choice lifts nothing",
        file="run/snapshot.py",
        old="config = narrowed(config, home)",
        new="config = narrowed(config, config)",
        test="tests/action/test_doors.py::TestBaseOfOnesChoice::test_a_base_of_ones_choice_opens_no_door",
    ),
    Guard(
        name="a run by hand asks for the role",
        file="run/authorize.py",
        old="if command.author is None or least <= Role.WRITE:",
        new="if command.author is None or least:",
        test="tests/repository/test_run.py::TestAccess::test_permission_is_asked_of_a_person",
    ),
    Guard(
        name="a plan raises no limit",
        file="run/shards.py",
        old="max_tokens=lower(settings.model.max_tokens, shard.max_tokens),",
        new="max_tokens=shard.max_tokens,",
        test="tests/run/test_limits_of_shards.py::test_a_plan_only_lowers_limits",
    ),
    Guard(
        name="a plan is sealed",
        file="run/manifest.py",
        old="if is_secret(key) and not hmac.compare_digest(part.seal.encode(), seal):",
        new="if not part:",
        test="tests/repository/test_spread.py::test_forged_plan_speaks_for_no_other_job",
    ),
    Guard(
        name="a branch of another job is left alone",
        file="delivery/pull_request.py",
        old="if others and state.tip not in tips and stem == branch:",
        new="if others and not branch:",
        test="tests/delivery/test_own_branch.py::TestJobs::test_a_name_of_another_job_is_left_to_it",
    ),
    Guard(
        name="no patch for a command that changed",
        file="delivery/ways.py",
        old="await save_and_recheck(self.to)",
        new="pass",
        test="tests/action/test_failures.py::TestGitHub::test_nor_does_a_patch_stand_for_a_command_that_changed",
    ),
    Guard(
        name="what was screened out is not handed on",
        file="suggest/place.py",
        old="rejected[hunk] = withhold(hunk.start, hunk.removed, reason)",
        new="rejected[hunk] = Placement(hunk=hunk, kind=PlacementKind.REJECTED, reason=reason)",
        test="tests/action/test_spread.py::TestRejectedText",
    ),
    Guard(
        name="a token that may only read is found out before paying",
        file="delivery/summary_comment.py",
        old="if not self._may_write and (first := render()):",
        new="if not self._forge and (first := render()):",
        test="tests/action/test_failures.py::TestReadOnlyToken::test_the_refused_reaction_leads_to_a_try",
    ),
    Guard(
        name="a sealed suggestion counts where it was posted",
        file="delivery/apply.py",
        old='if not fields.get("key") or fields.get("at", here) != here:',
        new='if not fields.get("key"):',
        test="tests/action/test_apply.py::TestApply::test_a_copy_in_another_place",
    ),
    Guard(
        name="a mark that was copied from our summary is not believed",
        file="delivery/summary_comment.py",
        old="mine = marker is not None and ours.setdefault(command, comment) is comment",
        new="mine = marker is not None and bool(ours.setdefault(command, comment))",
        test="tests/action/test_crowd.py::test_a_copied_mark_is_in_nobody_s_way",
    ),
    Guard(
        name="a pull request that a person decided on is left alone",
        file="delivery/pull_request.py",
        old="check_open((await self.forge.pull_request(pull.number)).state)",
        new="await self.forge.pull_request(pull.number)",
        test="tests/repository/test_run.py::TestOthersWork::test_decided_during_the_run",
    ),
    Guard(
        name="executable files stay executable",
        file="github/branches.py",
        old="if draft.executable:",
        new="if not draft.branch:",
        test="tests/action/test_apply.py::TestExecutableFiles::test_they_stay_executable",
    ),
    Guard(
        name="a command for one commit writes on no other",
        file="delivery/delivered.py",
        old="if to.job.pinned_sha and head != to.pull.head_sha:",
        new="if not to.pull.head_sha:",
        test="tests/action/test_apply.py::TestPinned",
    ),
    Guard(
        name="output files are tried before paying",
        file="run/engine.py",
        old="ctx.outbox.check()",
        new="ctx.outbox.write",
        test="tests/action/test_failures.py::TestOutputFolder::test_it_is_noticed_before_the_model_is_paid",
    ),
    Guard(
        name="nothing with a secret is said to the model",
        file="edit/screening/__init__.py",
        old='return NOT_ASKED if own.are_in("\\n\\n".join(beside)) else None',
        new="return None",
        test=f"{COMMAND}[report-holds-the-key]",
    ),
    Guard(
        name="a summary is ours only by its seal",
        file="delivery/summary_comment.py",
        old="marker = self._seals.find(comment.body, KIND) if comment.mine else None",
        new="marker = find_marker(comment.body, KIND) if comment.mine else None",
        test=f"{COMMAND}[quoted-working-mark]",
    ),
    Guard(
        name="a seal is for one key",
        file="support/markers.py",
        old="return marker if fits else None",
        new="return marker",
        test=f"{COMMAND}[mark-of-another-key]",
    ),
    Guard(
        name="a file has the bytes of its commit",
        file="github/contents.py",
        old="if blob_sha_of(content) != sha:",
        new="if not content:",
        test=f"{COMMAND}[file-that-is-not-its-commit-s]",
    ),
    Guard(
        name="a conversation has an end",
        file="github/conversation.py",
        old="for _ in range(MOST_PAGES):",
        new="for _ in range(10 * MOST_PAGES):",
        test=f"{COMMAND}[conversation-without-end]",
    ),
    Guard(
        name="a filter that comes out empty is refused",
        file="settings/value_types.py",
        old="if text and not found:",
        new="if not text and not found:",
        test=f"{COMMAND}[empty-filter]",
    ),
    Guard(
        name="quoted mail is no instruction",
        file="trigger/command.py",
        old="strip_hidden(line), _without_mail(strip_hidden(more))",
        new="strip_hidden(line), strip_hidden(more)",
        test=f"{COMMAND}[quoted-mail-orders-the-model]",
    ),
    Guard(
        name="links in place of reports are not followed",
        file="findings/workspace.py",
        old='getattr(os, "O_NOFOLLOW", 0)',
        new="0",
        test=f"{COMMAND}[report-is-a-link]",
    ),
    Guard(
        name="a command is read again before anything is posted",
        file="delivery/delivered.py",
        old="if body != command.body:",
        new="if body is None:",
        test=f"{COMMAND}[comment-that-reads-otherwise]",
    ),
    Guard(
        name="an answer of GitHub's has an end",
        file="github/client.py",
        old="if left < 0 or time.monotonic() > end:",
        new="if time.monotonic() > end:",
        test="tests/github/test_endless.py::test_a_body_without_an_end_is_given_up[packed]",
    ),
    Guard(
        name="a long text is not parsed in this process",
        file="edit/guards/grammars.py",
        old="if len(text) <= SHORT:",
        new="if text:",
        test="tests/edit/guards/test_grammars.py::test_a_long_text_is_read_in_the_limited_process",
    ),
    Guard(
        name="the value of an option has a length",
        file="trigger/command.py",
        old="if source.tell() > MAX_INSTRUCTION:",
        new="if source.tell() < 0:",
        test="tests/trigger/test_command.py::test_longest_value",
    ),
    Guard(
        name="arguments of a report are cut",
        file="findings/sarif.py",
        old="else found[:MAX_MESSAGE]",
        new="else found",
        test="tests/hostile/test_fuzz.py::test_a_small_report_cannot_fill_the_memory[arguments]",
    ),
    Guard(
        name="talk about the file is doubted",
        file="edit/guards/__init__.py",
        old="(commentary.problem, CLOSER),",
        new="",
        test=f"{HABIT}[A document with an edit and a last sentence]",
    ),
    Guard(
        name="remarks in the place of lines are doubted",
        file="edit/guards/placeholders.py",
        old="if _code(rewrite, gap.old) > len(gap.new) - len(remarks):",
        new="if not gap.old:",
        test=f"{HABIT}[A statement that says what it stands for]",
    ),
    Guard(
        name="comments in the place of lines are doubted",
        file="edit/guards/placeholders.py",
        old="if _stands_for(rewrite, gap) and not set(gap.new) & known:",
        new="if not known:",
        test=f"{HABIT}[A placeholder in another language in the place of lines]",
    ),
    Guard(
        name="bodies replaced by dots are doubted",
        file="edit/guards/__init__.py",
        old="(stubs.problem, CLOSER),",
        new="",
        test=f"{HABIT}[A body replaced by dots]",
    ),
    Guard(
        name="loops are doubted",
        file="edit/guards/repeats.py",
        old="LOOP if _line_loops(old, new) or loops(old, new) else None",
        new="None",
        test="tests/edit/guards/test_repeats.py::test_a_block_written_again_and_again_is_seen",
    ),
    Guard(
        name="a file that is there twice is doubted",
        file="edit/guards/__init__.py",
        old="(repeats.doubled, CLOSER),",
        new="",
        test=f"{HABIT}[The whole file twice]",
    ),
    Guard(
        name="a file that just ends is doubted",
        file="edit/guards/size.py",
        old="or _holes(rewrite, len(old))",
        new="",
        test="tests/edit/guards/test_guards.py::test_a_file_without_its_end_is_doubted",
    ),
    Guard(
        name="a file that no longer parses is doubted",
        file="edit/guards/__init__.py",
        old="(syntax.problem, CLOSER),",
        new="",
        test=f"{HABIT}[Code that no longer parses]",
    ),
    Guard(
        name="no text is never an edit",
        file="edit/guards/__init__.py",
        old="return AnswerEmpty(cause, CLOSER)",
        new="return None",
        test=f"{HABIT}[No text, whatever the instruction's words permit]",
    ),
    Guard(
        name="wrappers are taken off",
        file="edit/wrappers.py",
        old="for _ in range(_ROUNDS):",
        new="for _ in range(0):",
        test=f"{HABIT}[A think block on top]",
    ),
    Guard(
        name="look-alikes are put back",
        file="edit/clean.py",
        old="text, looks = collateral.restore(body, text)",
        new="looks = Counter[str]()",
        test=f"{HABIT}[Quotes and a normal form that models prefer]",
    ),
    Guard(
        name="lines of other pieces are doubted",
        file="llm/editor.py",
        old="if others >= _MANY_FOREIGN:",
        new="if others < 0:",
        test="tests/llm/test_long_files.py::TestAnswersForPieces::test_many_lines_of_the_rest_are_doubted",
    ),
    Guard(
        name="neighbours of a piece are taken off",
        file="llm/editor.py",
        old="answer = chunks.without_neighbours(answer, part, file.text)",
        new="pass",
        test="tests/llm/test_long_files.py::TestAnswersForPieces::test_neighbours_beside_the_piece_are_taken_off",
    ),
    Guard(
        name="old lines are in one place",
        file="edit/blocks.py",
        old="if len(found) > 1:",
        new="if not lines:",
        test="tests/edit/test_blocks.py::test_everything_else_is_refused",
    ),
    Guard(
        name="edits do not overlap",
        file="edit/blocks.py",
        old="if places[after] < end or not (blocks[before].old or blocks[after].old):",
        new="if places[after] < 0:",
        test="tests/edit/test_blocks.py::test_everything_else_is_refused",
    ),
    Guard(
        name="a hint does not contradict old lines",
        file="edit/blocks.py",
        old="_are_at(hinted, block.old, bare.lines) or _are_at(hinted, block.new, bare.lines)",
        new="not lines",
        test="tests/edit/test_blocks.py::test_lines_that_were_indented_anew_are_no_other_lines",
    ),
    Guard(
        name="edits that are cut off are refused",
        file="edit/blocks.py",
        old='if parts or (last and f"<<<<<<< {nonce}".startswith(last)):',
        new="if not nonce:",
        test="tests/edit/test_blocks.py::test_everything_else_is_refused",
    ),
    Guard(
        name="only stop is a whole answer",
        file="llm/stream.py",
        old='if self.finish != "stop":\n            raise AnswerUnusable(',
        new="if not self.finish:\n            raise AnswerUnusable(",
        test=f"{STOP}[tools]",
    ),
    Guard(
        name="only known words mean stop",
        file="llm/stream.py",
        old="_FINISHES.get(str(finish).casefold(), str(finish))",
        new="'stop'",
        test=f"{STOP}[length]",
    ),
    Guard(
        name="nothing unconfirmed is committed",
        file="run/edit_all.py",
        old='if edit.effort.unconfirmed and task.settings.deliver == "commit":',
        new="if edit.effort.unconfirmed and not task.settings.deliver:",
        test="tests/action/test_habits.py::test_only_what_exact_edits_confirm_is_committed",
    ),
)


def main() -> int:
    """Return 0 where every test passes with its guard and fails without it."""
    wanted = [guard for guard in GUARDS if all(word in guard.name for word in sys.argv[1:])]
    if not wanted:
        print("no guard has these words in its name")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        sound = run(source, sorted({guard.test for guard in wanted}))
        if sound.returncode != 0:
            print(f"with all guards in place a test fails:\n{sound.stdout}")
            return 1
        useless = [guard for guard in wanted if not notices(guard, source)]
    print(f"{len(wanted) - len(useless)} of {len(wanted)} guards are guarded by a test")
    return 1 if useless else 0


def notices(guard: Guard, source: Path) -> bool:
    """Whether the guard's test fails, and not for want of a module, when the guard is gone."""
    done = run(source, [guard.test], guard)
    # 1 says that tests ran and failed; above that nothing was tested.
    count = done.stdout.rstrip().rpartition("\n")[2]
    failed = done.returncode == 1 and " failed" in count and " error" not in count
    print(f"{'ok  ' if failed else 'FAIL'} {guard.name}: {guard.test}", flush=True)
    if not failed:
        print(done.stdout[-2_000:])
    return failed


def run(
    source: Path, tests: list[str], without: Guard | None = None
) -> subprocess.CompletedProcess[str]:
    """Run tests against a copy of the package, whole or without one guard."""
    shutil.rmtree(source, ignore_errors=True)
    # With what is compiled, which holds for all modules but the changed one.
    shutil.copytree(PACKAGE, source / "predict_edit")
    if without is not None:
        path = source / "predict_edit" / without.file
        text = path.read_text(encoding="utf-8")
        if text.count(without.old) != 1:
            raise SystemExit(f"{without.file} does not hold once: {without.old}")
        path.write_text(text.replace(without.old, without.new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *tests],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(source),
            "PREDICT_EDIT_SOURCE": str(source),  # for processes that ignore PYTHONPATH
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
