"""The same questions in a process of its own: other hash seed, time zone and language; run as a module."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from wushe.errors import WusheError
from wushe.plugins.loading import load_one
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import Asked, ask_all
from wushe.testing.conformance.asking import digest
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.surroundings import snapshot, traces
from wushe.testing.conformance.worlds import worlds_of

OTHER = {"PYTHONHASHSEED": "20250915", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}
"""What is different there: sets have another order, it is another day, words sort otherwise."""
SECONDS = 300


def elsewhere(plugin: str, rng_seed: int) -> Mapping[str, Any]:
    """Return what another process answers: ``answers`` by question, ``traces`` of loading, or ``error``."""
    command = [sys.executable, "-m", __name__, plugin, str(rng_seed)]
    paths = os.pathsep.join(p for p in sys.path if p)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
            env={**os.environ, **OTHER, "PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {SECONDS} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1]}
    answer: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def differs_elsewhere(asked: Asked, there: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the questions that the other process answered differently."""
    if "error" in there:
        yield found(signs.NO_PROCESS, "load", why=there["error"])
        return
    for where, answer in asked.answers.items():
        said = there["answers"].get(where)
        if said != digest(answer):
            yield found(signs.UNSTEADY_ELSEWHERE, where, parts=", ".join(sorted(answer)))


def left_elsewhere(there: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what loading the plugin changed in a process that did not know it."""
    return tuple(there.get("traces", ()))


def _answers(plugin: str, rng_seed: int) -> dict[str, Any]:
    before = snapshot()
    implementation = load_one(plugin)
    left = traces(before, snapshot())
    kit = Kit.of(implementation)
    worlds = worlds_of(kit, rng_seed)
    asked = ask_all(kit, (worlds.mixed.world, worlds.blank.world, worlds.leap.world))
    return {
        "answers": {where: digest(answer) for where, answer in asked.answers.items()},
        "traces": list(left),
    }


if __name__ == "__main__":
    try:
        told = json.dumps(_answers(sys.argv[1], int(sys.argv[2])))
    except WusheError as failure:
        sys.exit(str(failure))
    sys.stdout.write(told + "\n")
