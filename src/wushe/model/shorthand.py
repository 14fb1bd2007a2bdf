"""Short forms of what most cities' plugins say: categories of need, words in columns, terms of pairs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe.model.storage import Array
from wushe.model.terms import Columns, FilterTerm, NeedCategory, Pairs, Role, ScoreTerm
from wushe.text import Text


def service_category(
    key: str, zh: str, en: str, minutes: int, *skills: str, minors: bool = False
) -> NeedCategory:
    """Return a service counted in minutes: `minutes` where a need says nothing, `skills` asked of every helper."""
    return NeedCategory(key, zh, en, "service", "minute", minutes, skills, minors=minors)


def times_category(
    key: str, zh: str, en: str, *roles: str | Role, minors: bool = False
) -> NeedCategory:
    """Return a service counted in times, a team's work where there are `roles`.

    A role is a `Role`, or the category that its helper serves.
    """
    parts = tuple(role if isinstance(role, Role) else Role(role) for role in roles)
    return NeedCategory(key, zh, en, "service", "time", minors=minors, roles=parts)


def _one_or_more(words: str | Iterable[str]) -> list[str]:
    return [words] if isinstance(words, str) else sorted(words)


def among(column: npt.NDArray[Any], words: str | Iterable[str]) -> npt.NDArray[np.bool_]:
    """Return where a column of words holds one of `words` (one word, or several), bool (n,)."""
    return np.isin(column.astype(str), _one_or_more(words))


def holding(column: Iterable[Iterable[str] | None], words: str | Iterable[str]) -> Array:
    """Return where a column of tags (skills, groups) holds any of `words`, bool (n,); unknown tags hold none."""
    wanted = frozenset(_one_or_more(words))
    return np.array([not wanted.isdisjoint(tags or ()) for tags in column], dtype=bool)


def only_by(
    needs: Columns,
    offers: Columns,
    pairs: Pairs,
    categories: str | Iterable[str],
    kinds: str | Iterable[str],
    label: Text | None = None,
) -> FilterTerm:
    """Return the rule that `categories` are served by providers of `kinds` only, such as ``social_workers``.

    The other categories are not touched; who is refused lacks the ``skill``; `label` says the rule in words.
    """
    bound, able = among(needs["category"], categories), among(offers["provider_kind"], kinds)
    return FilterTerm(~bound[pairs.need] | able[pairs.offer], "skill", label=label)


def product_term(
    name: str,
    weight: int,
    label: Text,
    pairs: Pairs,
    *,
    need: npt.ArrayLike | None = None,
    offer: npt.ArrayLike | None = None,
) -> ScoreTerm:
    """Return the score term of values within 0..1 of needs (n_needs,) and offers (n_offers,), multiplied.

    A side that is left out counts 1. The term is bounded by both sides, see `ScoreTerm`.
    """
    row = None if need is None else np.asarray(need, dtype=np.float64)
    column = None if offer is None else np.asarray(offer, dtype=np.float64)
    values = np.ones(len(pairs))
    if row is not None:
        values *= row[pairs.need]
    if column is not None:
        values *= column[pairs.offer]
    return ScoreTerm(name, weight, values, label).bounded(row=row, column=column)
