"""A run over a branch, from the report of a linter to the pull request."""

from __future__ import annotations

from typing import ClassVar

import pytest

from predict_edit.delivery.pull_request import PULL
from predict_edit.delivery.state import Memory, answer_of, pack, unpack_unsealed
from predict_edit.domain.edits import ChangePlan, EditRequest, PlacementKind, SharedName
from predict_edit.domain.run_report import FileStatus, Outcome
from predict_edit.support.git import blob_sha_of
from predict_edit.support.markers import Marker, find_marker
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault
from predict_edit_sandbox.github.nouns import Access
from predict_edit_sandbox.github.roles import Role
from predict_edit_sandbox.world_files import WorldFile

from .conftest import (
    BRANCH,
    MAY_WRITE,
    REPOSITORY,
    MakeScene,
    Scene,
    python_file,
    without_import,
    world_files,
)


class TestPlan:
    """A run over a branch with a plan of the change."""

    async def test_files_that_it_leaves_are_not_asked_about_again(
        self, make_scene: MakeScene
    ) -> None:
        """Nor planned again by the next run; edits that belong together are in the commit."""
        scene = await make_scene(world_files(12, 12))
        left = tuple(f"src/m{n:03}.py" for n in range(3))
        scene.editor.change = ChangePlan(left=left)
        inputs = {
            "findings": "",
            "files": "src/**",
            "instruction": "Remove the import.",
            "plan": "on",
        }
        done = await scene.run(**inputs)

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        assert len(scene.editor.asked) == 9
        assert {each.path for each in done.report.with_status(FileStatus.SKIPPED)} == {*left}
        again = await scene.run(**inputs)
        assert (len(scene.editor.asked), len(scene.editor.plans)) == (9, 1)
        assert {each.path for each in again.report.with_status(FileStatus.UNCHANGED)} == {*left}

    async def test_findings_are_not_planned(self, make_scene: MakeScene) -> None:
        """A linter has said which files are concerned."""
        scene = await make_scene(world_files(12, 12))
        await scene.run(plan="on")
        assert scene.editor.plans == []

    async def test_a_group_that_is_not_whole_is_not_in_the_pull_request(
        self, make_scene: MakeScene
    ) -> None:
        """And it is asked for again by the next run."""
        scene = await make_scene(world_files(12, 12))
        names = (SharedName(old="os", new="pathlib"),)
        scene.editor.change = ChangePlan(names=names)

        def fix(request: EditRequest) -> str | None:
            if request.file.path == "src/m011.py":
                return None
            return request.file.text.replace("import os", "import pathlib")

        scene.editor.fix = fix
        inputs = {"findings": "", "files": "src/**", "instruction": "Use pathlib.", "plan": "on"}
        done = await scene.run(**inputs)

        assert scene.pulls == []
        held = [each for each in done.report.files if each.held]
        assert len(held) == 11
        reasons = {p.reason for each in held if each.placed for p in each.placed.placements}
        assert reasons == {"held back: the edits of the same names in `src/m011.py` are incomplete"}

        broken = "src/m011.py"
        scene.editor.fix = lambda request: request.file.text.replace("import os", "import pathlib")
        await scene.run(**inputs)
        assert [each.file.path for each in scene.editor.asked].count(broken) == 2
        (pull,) = scene.pulls
        assert len(scene.sandbox.files(pull)) == 12

    async def test_outlines_are_shown_beside_every_file(self, make_scene: MakeScene) -> None:
        """There is no diff; the plan reads the same, and a second run asks nothing."""
        scene = await make_scene(world_files(4, 4))
        inputs = {"findings": "", "files": "src/**", "instruction": "Remove the import."}
        inputs |= {"plan": "on", "context": "pull-request"}
        done = await scene.run(**inputs)

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        (background,) = {each.background for each in scene.editor.asked}
        assert background is not None
        assert scene.editor.plans[0].background == background
        ((title, outlines),) = background.blocks
        assert title == "outlines of the files, by line"
        assert all(f'file "src/m{n:03}.py"' in outlines for n in range(4))
        await scene.run(**inputs)
        assert (len(scene.editor.asked), len(scene.editor.plans)) == (4, 1)


class TestLintFix:
    async def test_opened(self, scene: Scene) -> None:
        """Files with findings are fixed on a branch of their own, by one verified commit."""
        done = await scene.run(labels="lint, bot", draft="true")

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        (pull,) = scene.pulls
        assert (pull.head_ref, pull.base_ref, pull.draft) == (BRANCH, "main", True)
        assert pull.labels == ["lint", "bot"]
        assert set(scene.sandbox.files(pull)) == {f"src/m{n:03}.py" for n in range(3)}
        after = scene.world.files_at(BRANCH)
        assert after["src/m001.py"].decode() == python_file(1, faulty=False)
        repository = scene.sandbox.repository(REPOSITORY)
        assert repository.store.commit(pull.head_sha).parents == (scene.world.base_sha,)
        assert pull.head_sha in repository.verified
        assert scene.branches == {"main", "words", BRANCH}

    async def test_executable_files_stay_executable(self, scene: Scene) -> None:
        """Though GitHub's request for a commit takes no modes."""
        store, path = scene.sandbox.repository(REPOSITORY).store, "src/m001.py"
        tip = scene.tip("main") or ""
        tree = store.write_tree(tip, {path: scene.world.files_at("main")[path]}, {path: "100755"})
        sha = store.commit_tree(
            tree, [tip], message="+x", author=("a", "a@b.invalid"), date="2026-01-01T00:00:00Z"
        )
        scene.sandbox.move_branch(REPOSITORY, "main", sha)
        done = await scene.run()

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        entries = [store.entry(scene.tip() or "", f"src/m{n:03}.py") for n in range(3)]
        assert [entry.mode for entry in entries if entry] == ["100644", "100755", "100644"]
        assert scene.branches == {"main", "words", BRANCH}
        assert scene.pulls[0].head_sha in scene.sandbox.repository(REPOSITORY).verified

    async def test_text_of_the_pull_request(self, scene: Scene) -> None:
        """Title and text give files, findings by rule, and tokens."""
        await scene.run()

        (pull,) = scene.pulls
        assert pull.title == "Fix what linters found"
        assert pull.body is not None
        assert "Changes 3 files to fix 3 findings of linters." in pull.body
        assert "| `src/m000.py` | 1 | 1 | F401 |" in pull.body
        assert "| **Total** |" in pull.body
        assert len(pull.body) < 60_000

    async def test_model_is_shown_the_findings(self, scene: Scene) -> None:
        """Each request has the file's findings and the recipe's instruction."""
        await scene.run()

        assert sorted(one.file.path for one in scene.editor.asked) == [
            f"src/m{n:03}.py" for n in range(3)
        ]
        for one in scene.editor.asked:
            assert [(found.line, found.rule) for found in one.findings] == [(1, "F401")]
            assert "linters found" in one.instruction

    async def test_a_limit_leaves_the_rest_for_another_run(self, scene: Scene) -> None:
        """What was fixed is delivered; files beyond a limit are only skipped."""
        scene.editor.most = 1
        done = await scene.run()

        (left,) = {file.reason for file in done.report.with_status(FileStatus.SKIPPED)}
        assert left == "budget: The limit `max-tokens` is reached. Raise it."
        assert len(done.report.with_status(FileStatus.EDITED)) == 1
        assert not done.report.with_status(FileStatus.FAILED)
        (pull,) = scene.pulls
        assert len(scene.sandbox.files(pull)) == 1

    async def test_a_dry_run_says_what_it_takes_before_it_asks(self, scene: Scene) -> None:
        """The estimate comes with the actual figures, and nothing is written."""
        done = await scene.run(dry_run="true")

        (said,) = [note for note in done.report.notes if "before the model was asked" in note]
        assert "3 files in 3 calls: " in said
        assert len(scene.editor.asked) == 3
        assert scene.pulls == []

    async def test_second_run_is_free_and_quiet(self, scene: Scene) -> None:
        """Without any change, no model is asked and nothing is written."""
        await scene.run()
        asked, seen = len(scene.editor.asked), len(scene.sandbox.log.requests)
        done = await scene.run()

        assert done.report.outcome is Outcome.UNCHANGED
        assert len(scene.editor.asked) == asked
        assert scene.written(seen) == []
        assert done.report.pull_request_url.endswith("/pull/1")
        assert done.report.count(PlacementKind.PATCH) == 3

    async def test_shrinks_and_closes(self, scene: Scene) -> None:
        """A file that is fixed by hand leaves the pull request; with the last one it is closed."""
        await scene.run()
        fixed = {"src/m000.py": python_file(0, faulty=False)}
        scene.sandbox.push(REPOSITORY, "main", fixed)
        scene.lint()
        asked = len(scene.editor.asked)
        done = await scene.run()

        (pull,) = scene.pulls
        assert done.report.outcome is Outcome.OPENED
        assert set(scene.sandbox.files(pull)) == {"src/m001.py", "src/m002.py"}
        assert len(scene.editor.asked) == asked

        rest = {f"src/m{n:03}.py": python_file(n, faulty=False) for n in (1, 2)}
        scene.sandbox.push(REPOSITORY, "main", rest)
        scene.lint()
        assert scene.found == 0
        done = await scene.run()
        assert done.report.outcome is Outcome.UNCHANGED
        assert (pull.state, scene.tip()) == ("closed", None)
        assert pull.body is not None
        assert "closed" in pull.body
        assert len(scene.editor.asked) == asked

    async def test_new_finding_is_added_in_place(self, scene: Scene) -> None:
        """Only the new file is asked for; the one pull request then has both."""
        await scene.run()
        scene.sandbox.push(REPOSITORY, "main", {"src/m004.py": python_file(4, faulty=True)})
        scene.lint()
        scene.editor.asked.clear()
        await scene.run()

        (pull,) = scene.pulls
        assert [one.file.path for one in scene.editor.asked] == ["src/m004.py"]
        assert len(scene.sandbox.files(pull)) == 4
        store = scene.sandbox.repository(REPOSITORY).store
        assert store.commit(pull.head_sha).parents == (store.branch("main"),)

    async def test_merged(self, scene: Scene) -> None:
        """After a merge, a new finding gets its own pull request on the same branch."""
        await scene.run()
        scene.sandbox.merge_pull_request(REPOSITORY, 1)
        scene.lint()
        assert scene.found == 0
        seen = len(scene.sandbox.log.requests)
        assert (await scene.run()).report.outcome is Outcome.UNCHANGED
        assert scene.written(seen) == []

        scene.sandbox.push(REPOSITORY, "main", {"src/m005.py": python_file(5, faulty=True)})
        scene.lint()
        await scene.run()
        assert [(p.head_ref, p.state) for p in scene.pulls] == [
            (BRANCH, "closed"), (BRANCH, "open")
        ]  # fmt: skip
        assert set(scene.sandbox.files(scene.pulls[1])) == {"src/m005.py"}

    async def test_answers_without_change_are_remembered(self, scene: Scene) -> None:
        """A file that the model leaves as it is costs once, as long as a pull request is open."""
        scene.editor.fix = lambda one: (
            one.file.text if one.file.path.endswith("m001.py") else without_import(one)
        )
        await scene.run()
        scene.editor.asked.clear()
        done = await scene.run()

        assert scene.editor.asked == []
        assert [r.path for r in done.report.with_status(FileStatus.UNCHANGED)] == ["src/m001.py"]

    async def test_instruction_changes(self, scene: Scene) -> None:
        """Another instruction is another question: all files are asked for again."""
        await scene.run(branch="lint")
        await scene.run(instruction="Fix it", branch="lint")

        assert len(scene.editor.asked) == 6
        assert len(scene.pulls) == 1


class TestAccess:
    """Who may start a run by hand."""

    @pytest.mark.parametrize(
        ("role", "permission", "outcome"),
        [
            (Role.WRITE, "admin", Outcome.DENIED),
            (Role.MAINTAIN, "admin", Outcome.DENIED),
            (Role.ADMIN, "admin", Outcome.OPENED),
            (Role.WRITE, "write", Outcome.OPENED),
            (Role.WRITE, "", Outcome.OPENED),
        ],
    )
    async def test_permission_is_asked_of_a_person(
        self, scene: Scene, role: Role, permission: str, outcome: Outcome
    ) -> None:
        """GitHub lets everybody with write access start a workflow; more is asked for here."""
        scene.sandbox.set_role(REPOSITORY, "grace", role)
        done = await scene.run(author="grace", permission=permission)

        assert done.report.outcome is outcome, done.report.problem
        assert bool(scene.editor.asked) is (outcome is Outcome.OPENED)
        if outcome is Outcome.DENIED:
            assert "commands need admin" in done.report.problem

    async def test_config_asks_too(self, make_scene: MakeScene) -> None:
        """The default branch's config says who may."""
        config = WorldFile(
            path=".github/predict-edit.yml",
            base=b"permission: admin\n",
            head=b"permission: admin\n",
        )
        scene = await make_scene([*world_files(), config])
        scene.sandbox.set_role(REPOSITORY, "grace", Role.WRITE)

        assert (await scene.run(author="grace")).report.outcome is Outcome.DENIED

    async def test_a_schedule_is_nobodys(self, scene: Scene) -> None:
        """It was set up by who may push to the default branch."""
        assert (await scene.run(permission="admin")).report.outcome is Outcome.OPENED


class TestJobs:
    """Runs that ask for something else have pull requests of their own."""

    FIRST: ClassVar[dict[str, str]] = {
        "instruction": "把 甲 改成大写", "findings": "", "files": "src/m000.py"
    }  # fmt: skip

    @pytest.mark.parametrize(
        "other",
        [
            {"instruction": "把 乙 改成大写"},
            {"files": "src/m001.py"},
            {"exclude": "src/m001.py"},
            {"findings": "ruff.json", "instruction": "edit"},
        ],
        ids=["instruction", "files", "exclude", "findings"],
    )
    async def test_another_job_has_a_branch_of_its_own(
        self, scene: Scene, other: dict[str, str]
    ) -> None:
        """Both start with the same name; each finds its own pull request again."""
        scene.editor.fix = lambda request: f"# {request.instruction}\n{request.file.text}"
        jobs = [self.FIRST, {**self.FIRST, **other}]
        numbers = []
        for job in (*jobs, *jobs):
            done = await scene.run(**job)
            assert done.report.job is not None, done.report.problem
            numbers.append(done.report.job.pull_request)

        first, second = scene.pulls
        assert numbers == [first.number, second.number] * 2
        assert first.head_ref == "predict-edit/edit"
        assert second.head_ref.startswith("predict-edit/edit-")
        assert {pull.state for pull in scene.pulls} == {"open"}

    async def test_a_job_that_has_nothing_to_do_closes_no_other(self, scene: Scene) -> None:
        """Another linter that finds nothing leaves the fixes of this one alone."""
        await scene.run()
        (scene.workspace / "other.json").write_text("[]")
        done = await scene.run(findings="other.json")

        assert done.report.outcome is Outcome.UNCHANGED
        assert [pull.state for pull in scene.pulls] == ["open"]
        assert scene.tip() == scene.pulls[0].head_sha

    async def test_the_same_start_of_a_long_instruction(self, scene: Scene) -> None:
        """Text after the first 40 letters distinguishes two jobs."""
        start = "Replace every call of the function that is"
        for end in ("old", "new"):
            await scene.run(instruction=f"{start} {end}", branch="")

        assert len({pull.head_ref for pull in scene.pulls}) == 2


class TestOthersWork:
    """Other people's work is never overwritten."""

    async def test_commit_on_the_branch(self, scene: Scene) -> None:
        """A branch with a person's commit stays; a new one is used, and the run says so."""
        await scene.run()
        theirs = scene.sandbox.push(REPOSITORY, BRANCH, {"src/m000.py": "mine\n"}, author="ada")
        asked = len(scene.editor.asked)
        done = await scene.run()

        assert scene.tip() == theirs
        assert [(p.head_ref, p.state) for p in scene.pulls] == [
            (BRANCH, "open"), (f"{BRANCH}-2", "open")
        ]  # fmt: skip
        assert any("commits that are not this tool's" in note for note in done.report.notes)
        assert "commits that are not" in (scene.pulls[1].body or "")
        assert len(scene.editor.asked) == asked

        seen = len(scene.sandbox.log.requests)
        await scene.run()
        assert scene.written(seen) == []

    async def test_forged_memory(self, scene: Scene) -> None:
        """A marker that our key did not seal brings no edit from another commit into ours."""
        await scene.run()
        (pull,) = scene.pulls
        evil = b"evil = 1\n"
        files = {f"src/m{n:03}.py": evil for n in range(3)}
        theirs = scene.sandbox.push(REPOSITORY, "evil", files)
        scene.sandbox.push(REPOSITORY, BRANCH, {"x.txt": "x\n"})
        marker = find_marker(pull.body or "", PULL)
        assert marker is not None
        known = unpack_unsealed(marker.fields["memory"]).answers
        memory = Memory(answers=dict.fromkeys(known, answer_of(blob_sha_of(evil))))
        fields = {**marker.fields, "tips": theirs, "memory": pack(memory, "another key")}
        pull.body = f"Forged\n\n{Marker(PULL, fields)}\n"
        scene.editor.asked.clear()
        await scene.run()

        assert len(scene.editor.asked) == 3
        assert b"evil" not in scene.world.files_at(f"{BRANCH}-2")["src/m000.py"]

    async def test_other_key(self, scene: Scene) -> None:
        """A mark that another key sealed is no mark: its branch and pull request are left alone."""
        await scene.run()
        (pull,) = scene.pulls
        body, before = pull.body, scene.world.files_at(BRANCH)
        await scene.run(api_key="sk-test-9876543210")

        assert len(scene.editor.asked) == 6
        assert (pull.body, scene.world.files_at(BRANCH)) == (body, before)
        assert len(scene.pulls) == 2

    async def test_push_during_the_run(self, scene: Scene) -> None:
        """A commit that lands while the files are edited survives too."""
        await scene.run()
        scene.sandbox.push(REPOSITORY, "main", {"src/m004.py": python_file(4, faulty=True)})
        scene.lint()
        theirs = []

        def fix(request: EditRequest) -> str:
            theirs.append(scene.sandbox.push(REPOSITORY, BRANCH, {"x.txt": "x\n"}, author="ada"))
            return without_import(request)

        scene.editor.fix = fix
        await scene.run()

        assert scene.tip() == theirs[0]
        assert scene.pulls[1].head_ref == f"{BRANCH}-2"
        assert scene.branches == {"main", "words", BRANCH, f"{BRANCH}-2"}

    async def test_branch_of_another_person(self, scene: Scene) -> None:
        """A branch of that name that this tool never made is left alone."""
        theirs = scene.sandbox.push(REPOSITORY, "main", {"y.txt": "y\n"})
        scene.sandbox.move_branch(REPOSITORY, BRANCH, theirs)
        await scene.run()

        assert scene.tip() == theirs
        assert scene.pulls[0].head_ref == f"{BRANCH}-2"

    async def test_closed_is_a_no(self, scene: Scene) -> None:
        """The edits of a closed pull request are not offered again; new ones are."""
        await scene.run()
        scene.sandbox.close_pull_request(REPOSITORY, 1)
        scene.editor.asked.clear()
        done = await scene.run()

        assert scene.editor.asked == []
        assert len(scene.pulls) == 1
        assert {r.reason for r in done.report.files} == {
            "its edit was in a pull request that was closed"
        }
        for name, count in (("src/m004.py", 2), ("src/m005.py", 2)):
            scene.sandbox.push(REPOSITORY, "main", {name: python_file(4, faulty=True)})
            scene.lint()
            await scene.run()
            assert len(scene.pulls) == count
        assert set(scene.sandbox.files(scene.pulls[1])) == {"src/m004.py", "src/m005.py"}

    async def test_deleted_branch_is_a_no(self, scene: Scene) -> None:
        """GitHub closes the pull request of a deleted branch, which means no."""
        await scene.run()
        scene.sandbox.repository(REPOSITORY).store.update_ref(f"refs/heads/{BRANCH}", None)
        scene.sandbox.sync(REPOSITORY)
        scene.editor.asked.clear()
        await scene.run()

        assert (scene.editor.asked, len(scene.pulls), scene.tip()) == ([], 1, None)

    @pytest.mark.parametrize("end", ["closed", "merged"])
    @pytest.mark.parametrize("found", [True, False])
    async def test_decided_during_the_run(self, scene: Scene, end: str, *, found: bool) -> None:
        """A pull request that a person closed or merged meanwhile is left as they left it."""
        await scene.run()
        (pull,) = scene.pulls
        head, body = pull.head_sha, pull.body
        scene.sandbox.push(
            REPOSITORY,
            "main",
            {
                f"src/m{n:03}.py": python_file(n, faulty=found)
                for n in ((4,) if found else range(3))
            },
        )
        scene.lint()
        done_with = (
            scene.sandbox.close_pull_request
            if end == "closed"
            else scene.sandbox.merge_pull_request
        )
        scene.sandbox.faults.add(
            Fault(
                method="GET",
                path=rf".*/pulls/{pull.number}",
                act=lambda: done_with(REPOSITORY, pull.number),
            )
        )
        done = await scene.run()

        assert done.report.outcome is (Outcome.PATCHED if found else Outcome.UNCHANGED)
        assert (pull.head_sha, pull.body, len(scene.pulls)) == (head, body, 1)
        assert any(f"was {end} while the run worked" in note for note in done.report.notes)
        assert scene.branches <= {"main", "words", BRANCH}

    async def test_base_moves_during_the_run(self, scene: Scene) -> None:
        """The pull request is based on the commit that was read, and has only our edits."""
        start = scene.tip("main")

        def fix(request: EditRequest) -> str:
            scene.sandbox.push(REPOSITORY, "main", {"later.txt": f"{request.file.path}\n"})
            return without_import(request)

        scene.editor.fix = fix
        await scene.run()

        (pull,) = scene.pulls
        store = scene.sandbox.repository(REPOSITORY).store
        assert store.commit(pull.head_sha).parents == (start,)
        assert len(scene.sandbox.files(pull)) == 3
        assert "later.txt" in scene.world.files_at("main")


class TestRefusals:
    """What GitHub refuses is reported with the next step, and leaves nothing behind."""

    async def test_setting(self, make_scene: MakeScene) -> None:
        """The box to tick is named, the patch is there, and no branch stays."""
        scene = await make_scene(actions_may_open_pull_requests=False)
        done = await scene.run()

        assert done.report.outcome is Outcome.FAILED
        assert "Allow GitHub Actions to create and approve pull requests" in done.report.problem
        assert scene.branches == {"main", "words"}
        assert (scene.workspace / done.paths.patch).read_bytes().count(b"-import os") == 3

    async def test_permission(self, scene: Scene) -> None:
        """The missing permission is named."""
        less: dict[str, Access] = {"contents": "read", "pull_requests": "write"}
        scene.sandbox.add_token(DEFAULT_TOKEN, permissions=less)
        done = await scene.run()

        assert done.report.outcome is Outcome.FAILED
        assert "`contents: write`" in done.report.problem
        assert scene.editor.asked == []

    async def test_permission_that_github_does_not_name(self, scene: Scene) -> None:
        """For tokens of apps it may deny what they may do: a try decides, and leaves nothing."""
        scene.sandbox.faults.add(
            Fault(
                method="GET",
                path=f".*/repos/{REPOSITORY}",
                body={"default_branch": "main", "permissions": {"push": False}},
                status=200,
            )
        )
        done = await scene.run()

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        assert scene.branches == {"main", "words", BRANCH}

    async def test_protected_branch(self, scene: Scene) -> None:
        """GitHub's own words are quoted, and nothing is left behind."""
        scene.sandbox.repository(REPOSITORY).protected.add(BRANCH)
        done = await scene.run()

        assert done.report.outcome is Outcome.FAILED
        assert "Protected branch" in done.report.problem
        assert scene.branches == {"main", "words"}

    async def test_base_is_deleted_during_the_run(self, scene: Scene) -> None:
        """No branch is left behind, and what was paid for is in the patch."""
        main = scene.tip("main")
        assert main is not None
        scene.sandbox.move_branch(REPOSITORY, "work", main)

        def fix(request: EditRequest) -> str:
            scene.sandbox.repository(REPOSITORY).store.update_ref("refs/heads/work", None)
            scene.sandbox.sync(REPOSITORY)
            return without_import(request)

        scene.editor.fix = fix
        done = await scene.run(ref="work")

        assert done.report.outcome is Outcome.FAILED
        assert "The branch that the pull request goes into no longer exists" in done.report.problem
        assert (scene.workspace / done.paths.patch).read_bytes().count(b"-import os") == 3
        assert scene.branches == {"main", "words"}

    async def test_branch_that_is_edited(self, scene: Scene) -> None:
        """The branch of the pull request cannot be the one it is for."""
        done = await scene.run(branch="main")

        assert (done.settings_wrong, scene.editor.asked) == (True, [])
        assert "`main`" in done.report.problem

    async def test_unknown_ref(self, scene: Scene) -> None:
        done = await scene.run(ref="no-such")

        assert done.settings_wrong
        assert "`no-such`" in done.report.problem

    async def test_missing_report(self, scene: Scene) -> None:
        """A report that was not written must not pass as a clean result."""
        done = await scene.run(findings="nothing.sarif")

        assert done.report.outcome is Outcome.FAILED
        assert "nothing.sarif" in done.report.problem

    @pytest.mark.parametrize("what", ["down", "limit", "rejected"])
    async def test_nothing_could_be_edited(self, scene: Scene, what: str) -> None:
        """The pull request stays as it is, whether a file failed or its edits were rejected."""
        await scene.run()
        scene.sandbox.push(REPOSITORY, "main", {
            f"src/m{n:03}.py": f"import os\n\nx = {n}\n" for n in range(3)
        })  # fmt: skip
        scene.lint()
        if what == "limit":
            scene.editor.most = len(scene.editor.asked)
        secret = "token = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'\n"
        scene.editor.fix = lambda one: one.file.text + secret if what == "rejected" else None
        done = await scene.run()

        failed = Outcome.PATCHED if what == "rejected" else Outcome.FAILED
        assert done.report.outcome is failed, done.report.problem
        assert any("stays as it is" in note for note in done.report.notes)
        assert (scene.pulls[0].state, len(scene.pulls)) == ("open", 1)


class TestScope:
    """Which files a run edits, and what may change in them."""

    async def test_off_target(self, scene: Scene) -> None:
        """Hunks far from every finding are rejected with the reason, the others are delivered."""
        scene.editor.fix = lambda one: without_import(one).replace("value_29", "renamed")
        done = await scene.run()

        assert scene.world.files_at(BRANCH)["src/m000.py"].decode() == python_file(0, faulty=False)
        reasons = {p.reason for r in done.report.files if r.placed for p in r.placed.placements}
        assert "off target: no finding is near these lines" in reasons

    async def test_recipe_may_edit_anywhere(self, make_scene: MakeScene) -> None:
        config = b"recipes:\n  wide:\n    instruction: Fix all\n    anywhere: true\n"
        files = [
            *world_files(2, 1),
            WorldFile(path=".github/predict-edit.yml", base=config, head=config),
        ]
        scene = await make_scene(files)
        scene.editor.fix = lambda one: without_import(one).replace("value_29", "renamed")
        done = await scene.run(instruction="run wide")

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        assert scene.pulls[0].head_ref == "predict-edit/wide"
        assert b"renamed" in scene.world.files_at("predict-edit/wide")["src/m000.py"]

    async def test_files_without_findings(self, scene: Scene) -> None:
        """By hand, matching files are edited as instructed, on another branch than main."""
        scene.sandbox.push(REPOSITORY, "release/1", {"src/m000.py": "a = 1\n", "b.txt": "b\n"})
        scene.editor.fix = lambda one: one.file.text.replace("a", "z")
        done = await scene.run(
            ref="release/1", instruction="Rename a to z", files="src/*.py", findings=""
        )

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        (pull,) = scene.pulls
        assert (pull.base_ref, pull.head_ref) == (
            "release/1", "predict-edit/rename-a-to-z-release-1"
        )  # fmt: skip
        assert pull.title == "Rename a to z"
        assert set(scene.sandbox.files(pull)) == {"src/m000.py"}

    async def test_an_instruction_sets_nothing_off(self, scene: Scene) -> None:
        """Title and commit close no issue, mention no one and skip no checks."""
        scene.sandbox.push(REPOSITORY, "main", {"src/m000.py": "a = 1\n"})
        scene.editor.fix = lambda one: one.file.text.replace("a", "z")
        await scene.run(
            instruction="Rename a, fixes #12 cc @bob [skip ci]", files="src/*.py", findings=""
        )

        (pull,) = scene.pulls
        commit = scene.sandbox.repository(REPOSITORY).store.commit(pull.head_sha)
        assert pull.title == "Rename a, fixes # 12 cc @ bob (skip ci)"
        assert commit.message.startswith(pull.title)

    async def test_patch(self, scene: Scene) -> None:
        done = await scene.run(deliver="patch")

        assert done.report.outcome is Outcome.PATCHED
        assert scene.written() == []
        assert (scene.workspace / done.paths.patch).read_bytes().count(b"-import os") == 3

    async def test_dry_run(self, scene: Scene) -> None:
        done = await scene.run(dry_run="true")

        assert done.report.dry_run
        assert scene.written() == []

    async def test_workflows_are_never_edited(self, make_scene: MakeScene) -> None:
        """A finding in a workflow file is skipped with the reason."""
        ci = WorldFile(path=".github/workflows/ci.yml", base=b"on: push\n", head=b"on: push\n")
        scene = await make_scene([*world_files(1, 1), ci])
        text = scene.workspace / "more.txt"
        text.write_text(".github/workflows/ci.yml:1:1: error: bad [x]\n")
        done = await scene.run(findings="ruff.json, more.txt")

        assert [one.file.path for one in scene.editor.asked] == ["src/m000.py"]
        (skipped,) = done.report.with_status(FileStatus.SKIPPED)
        assert (skipped.path, skipped.reason) == (
            ".github/workflows/ci.yml",
            "protected: in .github",
        )

    async def test_max_files_makes_progress(self, scene: Scene) -> None:
        """The limit holds for each run, and the next run continues."""
        for count in (2, 3):
            await scene.run(max_files="2")
            assert len(scene.sandbox.files(scene.pulls[0])) == count
        assert len(scene.editor.asked) == 3

    async def test_findings_elsewhere_are_counted(self, scene: Scene) -> None:
        """Findings for files that do not exist, or are outside, are counted in the notes."""
        (scene.workspace / "more.txt").write_text("gone.py:1:1: E1 x\n/etc/passwd:1:1: E1 x\n")
        done = await scene.run(findings="ruff.json, more.txt")

        notes = " ".join(done.report.notes)
        assert "1 finding was left out: the path is outside the repository." in notes
        assert "no such file in the repository (`gone.py`)" in notes

    async def test_reports_of_two_linters_for_one_line(self, scene: Scene) -> None:
        """Both findings are shown, whichever way the path is written; a Windows path is outside."""
        (scene.workspace / "more.txt").write_text(
            f"{scene.workspace}/src/m000.py:1:8: E9 twice\n"
            "./src/m000.py:1: other tool\n"
            "C:\\a\\m000.py:1:1: E2 b\n"
        )
        done = await scene.run(findings="ruff.json, more.txt")

        asked = {one.file.path: one.findings for one in scene.editor.asked}
        assert [(found.line, found.rule) for found in asked["src/m000.py"]] == [
            (1, ""),
            (1, "E9"),
            (1, "F401"),
        ]
        assert "1 finding was left out: the path is outside the repository." in done.report.notes

    async def test_open_alerts(self, scene: Scene) -> None:
        """`code-scanning` means GitHub's open alerts of the branch, beside any report."""
        allowed: dict[str, Access] = {**MAY_WRITE, "security_events": "read"}
        scene.sandbox.add_token(DEFAULT_TOKEN, permissions=allowed)
        repository = scene.sandbox.repository(REPOSITORY)
        repository.add_alert("src/m000.py", 1)
        repository.add_alert("src/m003.py", 1, "a bad name")
        done = await scene.run(findings="ruff.json, code-scanning")

        assert done.report.outcome is Outcome.OPENED, done.report.problem
        asked = {one.file.path: one.findings for one in scene.editor.asked}
        assert set(asked) == {f"src/m00{n}.py" for n in range(4)}
        assert [found.message for found in asked["src/m003.py"]] == ["a bad name"]

    async def test_no_results_of_code_scanning(self, scene: Scene) -> None:
        """A repository without any result gets no pull request, and the reason."""
        scene.sandbox.add_token(DEFAULT_TOKEN, permissions={**MAY_WRITE, "security_events": "read"})
        done = await scene.run(findings="code-scanning")

        assert done.report.outcome is Outcome.FAILED
        assert "no results yet for refs/heads/main" in done.report.problem
        assert scene.pulls == []

    @pytest.mark.parametrize("said", ["run no-such", None])
    async def test_nothing_to_go_by(self, scene: Scene, said: str | None) -> None:
        """An unknown recipe and a missing instruction are wrong settings."""
        done = await scene.run(instruction=said, findings="", files="*.py")

        assert done.settings_wrong
        assert scene.editor.asked == []


async def test_sixty_files(make_scene: MakeScene) -> None:
    """25 of 60 files with findings, ruff run for real before and after: none is left.

    A second run asks and writes nothing; after a fix by hand the pull request is smaller.
    """
    scene = await make_scene(world_files(60, 25))
    assert scene.found == 25
    await scene.run()
    seen = len(scene.sandbox.log.requests)
    assert (await scene.run()).report.outcome is Outcome.UNCHANGED
    assert scene.written(seen) == []

    fixed = {f"src/m{n:03}.py": python_file(n, faulty=False) for n in range(10)}
    scene.sandbox.push(REPOSITORY, "main", fixed)
    scene.lint()
    assert scene.found == 15
    await scene.run()
    assert len(scene.sandbox.files(scene.pulls[0])) == 15

    scene.sandbox.merge_pull_request(REPOSITORY, 1)
    scene.lint()
    assert scene.found == 0
    assert len(scene.editor.asked) == 25


async def test_file_with_our_own_key_is_not_sent(make_scene: MakeScene) -> None:
    """A file that holds the run's key is skipped with the reason."""
    leaked = b'import os\n\nkey = "sk-test-0123456789"\n'
    scene = await make_scene([WorldFile(path="src/m000.py", base=leaked, head=leaked)])
    done = await scene.run()

    assert scene.editor.asked == []
    assert len(done.report.with_status(FileStatus.SKIPPED)) == 1
