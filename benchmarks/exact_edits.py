"""Whole files, with and without a prediction, and exact edits, side by side; and exactness."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import random
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from benchmarks import fixtures
from benchmarks.figures import Section, Target, ratios
from benchmarks.page import ROOT
from benchmarks.scale import Scale
from predict_edit.domain.edits import EditRequest, FailedEdit, FileEdit, SourceFile
from predict_edit.edit.blocks import BlocksRefused, edited
from predict_edit.llm import tokens
from predict_edit.llm.auth import open_client
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.settings.fields import ModelSettings, Price
from predict_edit_sandbox.model import ModelConfig, ModelSandbox
from predict_edit_sandbox.model.config import API_KEY
from predict_edit_sandbox.model.instructions import as_edits
from predict_edit_sandbox.model.prediction_usage import SpeculationRule
from predict_edit_sandbox.model.quirks import Quirk, spoil

NONCE = "9f1c4e0b7a2d5836" * 2
"""Made here, as a mark must not be in a file, nor in an earlier version of this one."""
PRICES = (("gpt", Price(input=Decimal("0.10"), output=Decimal("0.50"), cached=Decimal("0.01"))),)
"""Those of gpt-6-luna, for all three ways."""
RULES = "".join(
    f"House rule {n}: leave name, order and comment of every definition of kind {n} alone.\n"
    for n in range(1, 81)
)
"""What a team may write in front of each instruction: longer than what a cache takes up."""
SIZES = (5, 15, 30, 100, 300, 1_000)
WAYS: dict[str, dict[str, Any]] = {
    "file": {"answer": "file", "prediction": "off"},
    "file with prediction": {"answer": "file", "prediction": "on"},
    "edits": {"answer": "edits", "prediction": "off"},
}
"""The inputs of each way."""
MISTAKES = (
    Quirk.NO_CLOSER,
    Quirk.NO_NONCE,
    Quirk.NESTED,
    Quirk.FENCED,
    Quirk.AS_JSON,
    Quirk.CUT_OFF,
    Quirk.WRONG_ORDER,
    Quirk.REINDENTED,
    Quirk.FOREIGN,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run took, by the books of the offline model."""

    output: int
    seconds: float
    dollars: float
    calls: int
    prompt: int
    cached: int
    """Of the prompt's tokens."""
    answers: Counter[str | None]


def program(lines: int, edits: int) -> str:
    """A program of so many lines; so many of them hold the word that the command replaces."""
    places = {lines * number // edits - lines // (2 * edits) for number in range(1, edits + 1)}
    return "".join(
        f'label_{n} = "{fixtures.WORD} of line {n}"\n'
        if n in places
        else f"value_{n} = compute(first={n}, second=total + {n % 7})\n"
        for n in range(lines)
    )


async def ask(texts: Sequence[str], *, rules: str = "", cache: bool = False, **fields: Any) -> Cost:
    """Edit the files one after the other; every answer must be right."""
    instruction = f"{rules}Replace string `{fixtures.WORD}` with `MSFTBuzz`."
    config = ModelConfig(rule=SpeculationRule(acceptance=0.95), prompt_cache=cache)
    async with ModelSandbox(config) as model:
        settings = ModelSettings(
            base_url=model.base_url, api_key=API_KEY, prices=PRICES, timeout=120.0, **fields
        )
        editor = ChatEditor(
            settings,
            open_client(settings, environ={}, mask=lambda _: None),
            nonce=NONCE,
            runtime=Runtime(count=tokens.count),
        )
        edits: list[FileEdit] = []
        for number, text in enumerate(texts):
            file = SourceFile(path=f"src/part_{number}.py", text=text, blob_sha="")
            edit = await editor.edit(EditRequest(file=file, instruction=instruction))
            if isinstance(edit, FailedEdit):
                raise edit.error
            if edit.text != text.replace(fixtures.WORD, "MSFTBuzz"):
                raise RuntimeError("an edit is wrong")
            edits.append(edit)
        await editor.aclose()
        books = [each.accounts for each in model.exchanges if each.accounts]
    speed = fixtures.LATENCY
    return Cost(
        output=sum(each.completion for each in books),
        seconds=sum(
            speed.first_token
            + each.accepted * speed.accepted_token
            + each.rejected * speed.rejected_token
            + (each.completion - each.accepted - each.rejected) * speed.generated_token
            for each in books
        ),
        dollars=float(sum(each.effort.cost or 0 for each in edits)),
        calls=len(books),
        prompt=sum(each.prompt for each in books),
        cached=sum(each.cached for each in books),
        answers=Counter(each.effort.answer for each in edits),
    )


def pairs(most: int) -> list[tuple[str, str]]:
    """Consecutive versions of this repository's own files, newest first."""
    git = ("git", "-C", str(ROOT))
    log = ("log", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=M", "--format=")
    raw = subprocess.run((*git, *log), capture_output=True, text=True, check=True).stdout
    blobs = [tuple(line.split()[2:4]) for line in raw.splitlines() if line.startswith(":100")]
    wanted = list(dict.fromkeys(blobs))[: 2 * most]
    names = "\n".join(itertools.chain.from_iterable(wanted))
    batch = subprocess.run(
        (*git, "cat-file", "--batch"), input=names.encode(), capture_output=True, check=True
    ).stdout
    contents: list[bytes] = []
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        size = int(batch[at:end].split()[2])
        contents.append(batch[end + 1 : end + 1 + size])
        at = end + 2 + size
    texts = (each.decode("utf-8", "replace") for each in contents)
    found = list(zip(texts, texts, strict=False))
    # What a block cannot say, and no whole file either: that the last line feed goes.
    return [
        (old, new)
        for old, new in found
        if old != new and "\ufffd" not in old + new and old.endswith("\n") == new.endswith("\n")
    ][:most]


def broken(found: Sequence[tuple[str, str]], count: int) -> Iterator[tuple[str, str, str]]:
    """Original, right edit, and an answer with a mistake, chosen at random."""
    draw = random.Random(2027)  # noqa: S311 - the same every time
    answers = [(old, new, as_edits(old, new, NONCE)) for old, new in found if old]
    while count:
        old, new, answer = draw.choice(answers)
        if " nothing\n" in answer:
            continue
        count -= 1
        if draw.random() < 1 / (len(MISTAKES) + 1):
            # Cut off anywhere inside a block.
            blocks = [*re.finditer(r"(?ms)^<{7} .*?^>{7} [^\n]*", answer)]
            block = draw.choice(blocks)
            yield old, new, answer[: draw.randrange(block.start() + 1, block.end())]
        else:
            yield old, new, spoil(answer, [draw.choice(MISTAKES)])


def outcome(old: str, new: str, answer: str) -> str:
    """What becomes of an answer."""
    try:
        text = edited(old, answer, NONCE)
    except BlocksRefused:
        return "refused"
    if text is None:
        return "refused"
    return "exact" if text == new else "wrong"


async def measure(scale: Scale) -> Section:
    """Compare the three ways, and count what becomes of good and broken answers."""
    sizes = SIZES[:4] if scale.quick else SIZES
    rows, winners = [], []
    for lines in sizes:
        text = program(lines, 1)
        costs = {way: await ask([text], model="gpt-4.1", **WAYS[way]) for way in WAYS}
        auto = [await ask([text], model=m, answer="auto") for m in ("gpt-4.1", "gpt-6-luna")]
        shown = [f"{lines:,} ({tokens.count(text):,} tokens)"]
        shown += [f"{one.seconds:.1f} s, {one.dollars * 1e6:,.0f} µ$" for one in costs.values()]
        rows.append([*shown, *(next(iter(each.answers)) or "" for each in auto)])
        winners.append(min(costs, key=lambda way: costs[way].seconds))
    quickest = [f"{n:,} lines, {way}" for n, way in zip(sizes, winners, strict=True)]
    files = [program(300, 1)] * (3 if scale.quick else 12)
    whole, edits = [await ask(files, model="gpt-6-luna", **WAYS[way]) for way in ("file", "edits")]
    long_text = [program(4_000, 3)]
    long_edits = await ask(long_text, model="gpt-6-luna", answer="auto")
    long_whole = await ask(long_text, model="gpt-6-luna", **WAYS["file"])
    pieces = await ask(
        long_text, cache=True, model="gpt-6-luna", answer="file", max_output_tokens=16_000
    )
    short, ruled = [
        await ask(files, rules=rules, cache=True, model="gpt-6-luna", answer="edits")
        for rules in ("", RULES)
    ]
    found = await asyncio.to_thread(pairs, 100 if scale.quick else 1_000)
    good = Counter(outcome(old, new, as_edits(old, new, NONCE)) for old, new in found)
    bad = Counter(outcome(*each) for each in broken(found, 500 if scale.quick else 10_000))
    table = [
        [f"{len(files)} files of 300 lines, one edit each", *_side(whole, edits)],
        ["one file of 4,000 lines, three edits", *_side(long_whole, long_edits)],
    ]
    cached = [
        [f"{len(files)} files, an instruction of one line", *_cached(short)],
        [
            f"{len(files)} files, with {tokens.count(RULES):,} tokens of house rules",
            *_cached(ruled),
        ],
        [f"the file of 4,000 lines, whole, in {pieces.calls} pieces", *_cached(pieces)],
    ]
    return Section(
        title="Whole files and exact edits",
        text=(
            "One small edit in a file, in three ways: the whole file, the whole file with a "
            "prediction of which 95 % is accepted, and exact edits. Model time is computed from "
            "the tokens in the offline model's own books, at "
            f"{fixtures.LATENCY.first_token:g} s to the first token, "
            f"{fixtures.LATENCY.generated_token * 1000:g} ms for a generated token and "
            f"{fixtures.LATENCY.accepted_token * 1000:g} ms for an accepted or rejected one; "
            "cost at the prices of gpt-6-luna (0.10 and 0.50 USD a million) for all three. The "
            "last two columns are what `answer: auto` chooses."
        ),
        tables=[
            (
                ("Lines", *WAYS, "auto, predictions taken", "auto, none taken"),
                rows,
            ),
            (
                (
                    "Without predictions",
                    "Output tokens, file",
                    "edits",
                    "Tokens, file ÷ edits",
                    "Model time, file ÷ edits",
                    "Cost, file ÷ edits",
                    "Calls",
                ),
                table,
            ),
            (
                ("Answers as blocks", "Number", "Exact", "Refused", "Wrong"),
                [
                    ["consecutive versions of this repository's files", *_counted(good)],
                    ["the same with a mistake, made at random", *_counted(bad)],
                ],
            ),
            (("Prompt cache", "Prompt tokens", "From the cache", "Share"), cached),
        ],
        targets=[
            Target(what=f"{what}, edits ÷ file", figure=ratios([one / other]), limit=limit, why="")
            for what, one, other, limit in (
                ("Output tokens of 12 small edits", edits.output, whole.output, 0.1),
                ("Model time of 12 small edits", edits.seconds, whole.seconds, 0.2),
                ("Cost of 12 small edits", edits.dollars, whole.dollars, 0.33),
                ("Output tokens of 4,000 lines", long_edits.output, long_whole.output, 0.02),
            )
        ],
        after=(
            f"Quickest: {'; '.join(quickest)}. "
            "Mistakes: marks missing or without their nonce, nested, in a fence, in JSON, cut off, "
            "in the wrong order, old lines indented anew or of another file. What is refused is "
            "asked for again. The cache takes up what the first 1,024 tokens or more of two "
            "prompts have in common: rules and instruction come first, the file last."
        ),
    )


def _side(whole: Cost, edits: Cost) -> list[str]:
    return [
        f"{whole.output:,}",
        f"{edits.output:,}",
        f"{whole.output / edits.output:.1f}",
        f"{whole.seconds / edits.seconds:.1f}",
        f"{whole.dollars / edits.dollars:.1f}",
        f"{edits.calls} and {whole.calls}",
    ]


def _cached(cost: Cost) -> list[str]:
    share = f"{100 * cost.cached / cost.prompt:.0f} %"
    return [f"{cost.prompt:,}", f"{cost.cached:,}", share]


def _counted(outcomes: Counter[str]) -> list[str]:
    kinds = ("exact", "refused", "wrong")
    return [f"{outcomes.total():,}", *(f"{outcomes[kind]:,}" for kind in kinds)]
