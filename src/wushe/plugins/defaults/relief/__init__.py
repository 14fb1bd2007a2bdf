"""The national pack of relief rules with the parameters of the seed regions."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files

from wushe.plugins.defaults.relief.canonical import with_canonical
from wushe.rules import Parameter, Policy, read_parameters

MODULES = (
    "dibao",
    "single",
    "edge",
    "rigid",
    "tekun",
    "children",
    "disabled",
    "elders",
    "vagrant",
    "rehab",
    "temporary",
    "medical",
    "education",
    "routing",
)


@cache
def relief_parameters() -> tuple[Parameter, ...]:
    """Return the parameters of the pack, with the derived canonical rows."""
    name = "parameters.csv"
    return with_canonical(read_parameters(files(__name__) / name, name))


@cache
def relief_policies() -> tuple[Policy, ...]:
    """Return the policies of the pack."""
    import importlib.util as u

    found = [
        import_module(f"{__name__}.{name}").POLICIES
        for name in MODULES
        if u.find_spec(f"{__name__}.{name}")
    ]
    return tuple(policy for policies in found for policy in policies)
