"""The same questions in a process of its own: other hash seed, time zone, language and folder; run as a module."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
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

OTHER = {"PYTHONHASHSEED": "20250915", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}
"""What is different there: sets have another order, it is another day, words sort otherwise."""
SECONDS = 300


def elsewhere(plugins: Sequence[str], rng_seed: int) -> Mapping[str, Any]:
    """Return what another process answers: ``answers`` by question, ``traces`` of loading, or ``error``.

    The first of `plugins` is the one that is tested, the others are above it.
    """
    named = (str(Path(one).resolve()) if one.endswith(".py") else one for one in plugins)
    command = [sys.executable, "-m", __name__, str(rng_seed), *named]
    paths = os.pathsep.join(str(Path(p).resolve()) for p in sys.path)
    try:
        with TemporaryDirectory() as folder:
            done = _asked_in(folder, command, paths)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {SECONDS} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1]}
    answer: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _asked_in(folder: str, command: Sequence[str], paths: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
        env={**os.environ, **OTHER, "PYTHONPATH": paths},
    )


def differs_elsewhere(kit: Kit, asked: Asked, there: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the questions that the other process answered differently, and the hooks that register something else."""
    if "error" in there:
        yield found(signs.NO_PROCESS, "load", why=there["error"])
        return
    for hook, mark in _registered(kit).items():
        if there["registered"].get(hook) != mark:
            yield found(signs.UNSTEADY_ELSEWHERE, hook, parts="register")
    for where, answer in asked.answers.items():
        said = there["answers"].get(where)
        if said != digest(answer):
            yield found(signs.UNSTEADY_ELSEWHERE, where, parts=", ".join(sorted(answer)))


def _registered(kit: Kit) -> dict[str, str]:
    """Return a short mark of what each hook registers."""
    return {
        hook: hashlib.sha256(registered(kit.function(hook)).encode()).hexdigest()
        for hook in kit.hooks
        if hook.startswith("register_")
    }


def left_elsewhere(there: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what loading the plugin changed in a process that did not know it."""
    return tuple(there.get("traces", ()))


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
