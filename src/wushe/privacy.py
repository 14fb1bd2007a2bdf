"""What must not be shown in full, what is shown instead, and to whom: the table of roles.

Articles are those of 个人信息保护法 (PIPL, 2021-11-01) unless another law is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import attrs

from wushe.text import Text

Sensitivity = Literal["none", "name", "id_number", "phone", "address", "free_text"]
Audience = Literal["masked", "internal"]
"""``masked`` (the default everywhere) hides personal values; ``internal`` is the worker's own view."""
Role = Literal["official", "social_worker", "grid_worker", "volunteer", "donor", "public"]
ROLES: dict[Role, Text] = {
    "official": Text("经办工作人员", "official"),
    "social_worker": Text("社会工作者", "social worker"),
    "grid_worker": Text("网格员", "grid worker"),
    "volunteer": Text("志愿者", "volunteer"),
    "donor": Text("捐赠人", "donor"),
    "public": Text("公众", "public"),
}
DEFAULT_ROLE: Role = "public"
"""Whoever does not say who is looking sees what everybody may see."""
DataClass = Literal[
    "open",
    "case",
    "reference",
    "place",
    "helper_name",
    "name",
    "minor_name",
    "donor_name",
    "id_number",
    "phone",
    "address",
    "birth",
    "particulars",
    "health",
    "standing",
    "finance",
    "free_text",
]
"""Sorts of data that the law or good practice treats alike. ``minor_name`` and ``donor_name`` are
names of minors and of private donors; ``standing`` is 特定身份: custody, orphanhood, relief status,
vetting; ``case`` is that a case file exists at all; ``reference`` an id that leads to a person."""
Shown = Literal["full", "masked", "none"]
_F: Shown = "full"
_M: Shown = "masked"
_N: Shown = "none"
_COLUMNS: tuple[Role, ...] = get_args(Role)
# One row per class, one column per role, in the order of `ROLES`. Article 6 (no more than the purpose
# needs) decides every cell; the remarks name what else does.
_TABLE: dict[DataClass, tuple[Shown, Shown, Shown, Shown, Shown, Shown]] = {
    # kinds and amounts of help, organizations, funds: nobody's personal data (慈善法 79: published)
    "open": (_F, _F, _F, _F, _F, _F),
    # a file about a person is itself information about that person (25: not public without consent)
    "case": (_F, _F, _F, _N, _N, _N),
    # 51: de-identified for those outside the team, so that two lists cannot be joined; a kind of help
    # asked for tells of illness as soon as it says who asks, so a volunteer sees needs without whose
    "reference": (_F, _F, _F, _N, _N, _N),
    # 28: where somebody is found is sensitive; a volunteer needs the community, a donor does not
    "place": (_F, _F, _F, _F, _N, _N),
    # 志愿服务记录与证明出具办法 16: helpers' names are not published without their consent
    "helper_name": (_F, _F, _F, _M, _M, _M),
    # 25; the grid worker stands at the door, the volunteer learns the name on the dispatch slip
    "name": (_F, _F, _F, _M, _N, _N),
    # 28, 31; 未成年人保护法 4, 72 and 103: privacy of minors, no publication of who they are
    "minor_name": (_F, _F, _M, _N, _N, _N),
    # 慈善法 82: a donor who did not agree is not named; only the office that supervises receipts sees it
    "donor_name": (_F, _N, _N, _N, _N, _N),
    # 51: the worker confirms a card by its first and hidden digits; the office holds the number
    "id_number": (_F, _M, _N, _N, _N, _N),
    # 23, 25: contact goes to a helper on the dispatch slip only, after acceptance
    "phone": (_F, _F, _F, _N, _N, _N),
    "address": (_F, _F, _F, _N, _N, _N),
    # the birth date is part of the ID number; the year is enough to know an elder from a child
    "birth": (_F, _F, _M, _N, _N, _N),
    # all else that is recorded of a person: who assesses needs it, nobody else (6)
    "particulars": (_F, _F, _N, _N, _N, _N),
    # 28-30: medical health, specific identity and financial accounts, by separate consent only
    "health": (_F, _F, _N, _N, _N, _N),
    "standing": (_F, _F, _N, _N, _N, _N),
    "finance": (_F, _F, _N, _N, _N, _N),
    # free text may hold anything of the above: it stays with the worker who wrote it
    "free_text": (_M, _F, _N, _N, _N, _N),
}
SENSITIVE: frozenset[DataClass] = frozenset({"health", "standing", "finance", "id_number"})
"""Article 28: passed on only by a separate consent (29). Everything about a person under 14 is."""
SMALL_CELL = 5
"""Counts below this are not published. Assumed: no Chinese rule sets a number for civil affairs; five
is common among statistical offices."""


def check_audience(audience: str) -> Audience:
    """Return `audience` if known, else raise ValueError naming the choices."""
    if audience == "masked" or audience == "internal":
        return audience  # type: ignore[return-value,unused-ignore]
    raise ValueError(f"audience: {audience!r} is unknown; expected 'masked' or 'internal'")


def check_role(role: str) -> Role:
    """Return `role` if known, else raise ValueError naming the choices."""
    for known in _COLUMNS:
        if role == known:
            return known
    raise ValueError(f"role: {role!r} is unknown; expected one of {', '.join(ROLES)}")


def shown_to(role: str, data_class: DataClass) -> Shown:
    """Return how much of `data_class` `role` sees. Raises ValueError for an unknown role."""
    return _TABLE[data_class][_COLUMNS.index(check_role(role))]


def role_table() -> Mapping[DataClass, Mapping[Role, Shown]]:
    """Return the whole table, for documents and for the law office that reviews it."""
    return {name: dict(zip(_COLUMNS, row, strict=True)) for name, row in _TABLE.items()}


def mask(value: str | None, sensitivity: Sensitivity) -> str:
    """Return what may be shown of `value` outside the responsible team.

    A name keeps its first character (李爷爷 -> 李**), an ID number its province digits, a phone its
    first three digits; addresses and free text vanish whole, since any part of them may identify.
    """
    if value is None or value == "":
        return ""
    if sensitivity == "none":
        return value
    if sensitivity == "name":
        return value[0] + "**"
    if sensitivity == "id_number":
        return value[:2] + "*" * 16
    if sensitivity == "phone":
        return value[:3] + "*" * 8
    return "***"


_MASKS: dict[DataClass, Sensitivity] = {
    "helper_name": "name",
    "name": "name",
    "minor_name": "name",
    "id_number": "id_number",
    "phone": "phone",
}


def shown(value: str, data_class: DataClass, role: str) -> str | None:
    """Return what `role` sees of the text `value`, None where it sees nothing at all.

    A masked birth date keeps its year; what has no mask of its own becomes ``***``.
    """
    how = shown_to(role, data_class)
    if how == "none":
        return None
    if how == "full" or value == "":
        return value
    if data_class == "birth":
        return value[:4]
    return mask(value, _MASKS.get(data_class, "free_text"))


@attrs.frozen
class SmallCells:
    """Counts fit to publish: None where a count is withheld, also for the total."""

    counts: tuple[int | None, ...]
    total: int | None


def suppress_small(counts: Sequence[int], *, least: int = SMALL_CELL) -> SmallCells:
    """Return `counts` and their total without the cells that would point at somebody.

    Counts of 1 to ``least - 1`` are withheld. A single withheld count, or several that add up to less
    than `least`, could be found by subtraction: then the next smallest are withheld as well. So are they
    where the sum leaves the withheld only one way to be: all 1, or all ``least - 1``. Zeros are kept.
    Raises ValueError for a negative count.
    """
    if any(count < 0 for count in counts):
        raise ValueError("counts: a count is negative; expected 0 or more")
    order = sorted((n, i) for i, n in enumerate(counts) if n > 0)
    hidden: list[int] = [i for n, i in order if n < least]
    rest = [i for n, i in order if n >= least]
    while hidden and rest and told_by_sum([counts[i] for i in hidden], least):
        hidden.append(rest.pop(0))
    total = sum(counts)
    # With nothing left to hide them behind, the total would give them away.
    tells = 0 < total < least or bool(hidden and told_by_sum([counts[i] for i in hidden], least))
    return SmallCells(
        tuple(None if i in hidden else n for i, n in enumerate(counts)), None if tells else total
    )


def told_by_sum(hidden: Sequence[int], least: int = SMALL_CELL) -> bool:
    """Return whether the sum of counts that are withheld, all of them above 0, tells what they are."""
    n, together = len(hidden), sum(hidden)
    # More than `least` of them need no larger one beside them: all are known to be below it.
    highest = n > least and together == n * (least - 1)
    return n < 2 or together < least or together == n or highest
