"""Figures of relief rules: parameters that a plugin's policies read, and rows of its own that decide nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from wushe.plugins.manager import Plugins
from wushe.relief.lint import HEADINGS, lint_parameters
from wushe.relief.lint import Finding as Weakness
from wushe.rules.parameters import UNDECIDING, Parameter
from wushe.testing.conformance import slips
from wushe.testing.conformance.city import ON
from wushe.testing.conformance.declared import still_open
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit

MOST_NAMES = 4
FAULTS = ("overlapping", "unsourced")
WEAK = ("applies-nowhere", "undated", "low-confidence", "draft")
"""Weaknesses that a row has on any day."""
HOOKS = ("register_policies", "register_parameters")


def parameters(kit: Kit) -> Iterator[Finding]:
    """Yield the parameters that the plugin's policies read in vain, and the weak rows that it registers.

    What `wushe relief lint` says of those above it already is not said again.
    """
    if not set(HOOKS) & set(kit.hooks):
        return
    known = {(one.code, one.text) for one in _weak(kit.base)}
    new = [one for one in _weak(kit.rules) if (one.code, one.text) not in known]
    missing = [one.name for one in new if one.code == "missing"]
    if missing:
        every = kit.rules.parameters.names()
        nearest = difflib.get_close_matches(missing[0], every, n=1, cutoff=0.6)
        names = ", ".join(missing[:MOST_NAMES])
        params = {"names": names, "nearest": ", ".join(nearest) or "-"}
        yield found(slips.NO_PARAMETER, "register_policies", **params)
    hook = "register_parameters"
    for code in (*FAULTS, *WEAK):
        weak = sorted({one.name for one in new if one.code == code and not _excused(one)})
        if weak:
            yield _weakness(code, hook, ", ".join(weak[:MOST_NAMES]))
    for field in ("document", "source"):
        gaps = {p.name: said for p in _own(kit) if (said := still_open(getattr(p, field)))}
        for name, said in sorted(gaps.items())[:1]:
            yield found(slips.STILL_OPEN, f"{hook} · {name}", field=field, words=said)


def _excused(one: Weakness) -> bool:
    """Say whether a row without a source says itself that nobody verified it."""
    row = one.parameter
    return one.code == "unsourced" and row is not None and row.confidence == UNDECIDING


def _weakness(code: str, hook: str, names: str) -> Finding:
    if code == "overlapping":
        return found(slips.OVERLAPPING, hook, names=names)
    if code == "unsourced":
        return found(slips.NO_SOURCE, f"{hook} · {names}", field="source")
    return found(slips.WEAK_PARAMETER, hook, names=names, meaning=HEADINGS[code])


def _own(kit: Kit) -> list[Parameter]:
    """Return the plugin's own rows that decide anything; what nobody verified may still be looked for."""
    above = set(kit.base.parameters.parameters)
    rows = kit.rules.parameters.parameters
    return [p for p in rows if p not in above and p.confidence != UNDECIDING]


def _weak(rules: Plugins) -> tuple[Weakness, ...]:
    used = {name for policy in rules.policies for name in rules.policies.parameters(policy.id)}
    return lint_parameters(rules.parameters, ON, used)
