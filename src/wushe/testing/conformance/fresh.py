"""The same questions in processes of their own: other hash seeds, time zone, language, folder; run as a module."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wushe.errors import WusheError
from wushe.plugins.loading import load_one
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import Asked, ask_all, registered
from wushe.testing.conformance.asking import digest
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.surroundings import snapshot, traces
from wushe.testing.conformance.worlds import worlds_of

OTHER = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}
"""What is different there: it is another day, words sort otherwise."""
HASH_SEEDS = ("1", "5", "20250915")
"""A small set may lie in the same order in two processes by chance, hardly in four."""
SECONDS = 300
Elsewhere = Sequence[Mapping[str, Any]]
"""What other processes answered; () where none was asked."""


def elsewhere(plugins: Sequence[str], rng_seed: int) -> tuple[Mapping[str, Any], ...]:
    """Return what other processes answer: ``answers`` by question, ``traces`` of loading, or ``error``.

    The first of `plugins` is the one that is tested, the others are above it.
    """
    named = (str(Path(one).resolve()) if one.endswith(".py") else one for one in plugins)
    command = [sys.executable, "-m", __name__, str(rng_seed), *named]
    paths = os.pathsep.join(str(Path(p).resolve()) for p in sys.path)
    with ThreadPoolExecutor(len(HASH_SEEDS)) as pool:
        return tuple(pool.map(partial(_answer, command, paths), HASH_SEEDS))


def _answer(command: Sequence[str], paths: str, hash_seed: str) -> Mapping[str, Any]:
    env = {**os.environ, **OTHER, "PYTHONPATH": paths, "PYTHONHASHSEED": hash_seed}
    try:
        with TemporaryDirectory() as folder:
            done = _asked_in(folder, command, env)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {SECONDS} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1]}
    answer: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _asked_in(
    folder: str, command: Sequence[str], env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
        env=env,
    )


def differs_elsewhere(kit: Kit, asked: Asked, there: Elsewhere) -> Iterator[Finding]:
    """Yield the questions that another process answered differently, and the hooks that register something else."""
    failed = [one["error"] for one in there if "error" in one]
    if failed:
        yield found(signs.NO_PROCESS, "load", why=failed[0])
        return
    for hook, mark in _registered(kit).items():
        if any(one["registered"].get(hook) != mark for one in there):
            yield found(signs.UNSTEADY_ELSEWHERE, hook, parts="register")
    for where, answer in asked.answers.items():
        mark = digest(answer)
        if any(one["answers"].get(where) != mark for one in there):
            yield found(signs.UNSTEADY_ELSEWHERE, where, parts=", ".join(sorted(answer)))


def _registered(kit: Kit) -> dict[str, str]:
    """Return a short mark of what each hook registers."""
    return {
        hook: hashlib.sha256(registered(kit.function(hook)).encode()).hexdigest()
        for hook in kit.hooks
        if hook.startswith("register_")
    }


def left_elsewhere(there: Elsewhere) -> tuple[str, ...]:
    """Return what loading the plugin changed in processes that did not know it."""
    return tuple(dict.fromkeys(name for one in there for name in one.get("traces", ())))


def _answers(rng_seed: int, plugin: str, *above: str) -> dict[str, Any]:
    before = snapshot()
    given = tuple(load_one(one) for one in above)
    implementation = load_one(plugin)
    left = traces(before, snapshot())
    kit = Kit.of(implementation, given)
    worlds = worlds_of(kit, rng_seed)
    asked = ask_all(kit, (worlds.mixed.world, worlds.blank.world, worlds.leap.world))
    return {
        "answers": {where: digest(answer) for where, answer in asked.answers.items()},
        "registered": _registered(kit),
        "traces": list(left),
    }


if __name__ == "__main__":
    try:
        told = json.dumps(_answers(int(sys.argv[1]), *sys.argv[2:]))
    except WusheError as failure:
        sys.exit(str(failure))
    sys.stdout.write(told + "\n")
