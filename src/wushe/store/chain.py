"""The chain: one hash per event over the one before it, and salted digests of what may be erased."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

GENESIS = "0" * 64
_SALT = 16
"""Bytes: a digest with so long a salt says nothing of a short text once the salt is gone."""
_SCALARS = frozenset((str, int, bool, type(None)))
_TEXT = frozenset((str,))


def canonical(value: Any) -> str:
    """Return the one way to write plain JSON. Raises ValueError, without the value, for anything else."""
    try:
        text = _encode(value)
        text.isascii() or text.encode()  # half a character could be kept by no file and no database
    except (TypeError, ValueError, RecursionError):
        text = ""
    if not text or not _plain(value):
        raise ValueError(
            "is not plain JSON; expected text, whole numbers, flags, None, lists, objects with text keys"
        )
    return text


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_mapping
).encode


def _plain(value: Any) -> bool:
    """Return whether `value` is the same after it was written and read, lists for tuples aside."""
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is list or kind is tuple:
        return _SCALARS.issuperset(map(type, value)) or all(map(_plain, value))
    if isinstance(value, Mapping) and _TEXT.issuperset(map(type, value)):
        held = value.values()
        return _SCALARS.issuperset(map(type, held)) or all(map(_plain, held))
    return False


def link(
    before: str,
    number: int,
    stream: str,
    kind: str,
    at: str,
    by: str,
    ref: str | None,
    data: str,
    words_digest: str | None,
) -> str:
    """Return the hash of event `number`: SHA-256 in hex over the hash `before` and every field with its length."""
    r = "~" if ref is None else f"{len(ref)}:{ref}"
    w = "~" if words_digest is None else words_digest
    text = (
        f"{before}{number};{len(stream)}:{stream}{len(kind)}:{kind}{len(at)}:{at}{len(by)}:{by}"
        f"{r}{len(data)}:{data}{w}"
    )
    return hashlib.sha256(text.encode()).hexdigest()


def salts() -> Iterator[str]:
    """Yield salts from the operating system: they must not be repeatable, so no seed is taken."""
    while True:
        block = os.urandom(_SALT * 256).hex()
        for start in range(0, len(block), 2 * _SALT):
            yield block[start : start + 2 * _SALT]


def digest(salt: str, content: str) -> str:
    """Return the digest of `content` that only the holder of `salt` can relate to it."""
    return hashlib.sha256(f"{salt}:{content}".encode()).hexdigest()


def reference(salt: str, subject: str) -> str:
    """Return the reference of `subject`: 128 bits, which nobody can relate to it without `salt`."""
    return digest(salt, subject)[:32]
