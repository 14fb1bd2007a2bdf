"""Figures of relief rules: parameters that a plugin's policies read, and rows of its own that decide nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from wushe.plugins.manager import Plugins
from wushe.relief.lint import HEADINGS, lint_parameters
from wushe.relief.lint import Finding as Weakness
from wushe.testing.conformance import signs
from wushe.testing.conformance.city import ON
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit

MOST_NAMES = 4
WEAK = ("overlapping", "applies-nowhere", "undated", "low-confidence", "draft", "unsourced")
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
        yield found(signs.NO_PARAMETER, "register_policies", **params)
    for code in WEAK:
        weak = sorted({one.name for one in new if one.code == code})
        if weak:
            names, meaning = ", ".join(weak[:MOST_NAMES]), HEADINGS[code]
            yield found(signs.WEAK_PARAMETER, "register_parameters", names=names, meaning=meaning)


def _weak(rules: Plugins) -> tuple[Weakness, ...]:
    used = {name for policy in rules.policies for name in rules.policies.parameters(policy.id)}
    return lint_parameters(rules.parameters, ON, used)
