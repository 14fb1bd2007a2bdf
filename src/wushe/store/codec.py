"""Records as JSON text and back. Fields at their default are left out, so that new fields cost old stores nothing."""

from __future__ import annotations

import hashlib
import json
from types import UnionType
from typing import Any, Union, get_args, get_origin

import attrs
import cattrs

from wushe.errors import StoreError
from wushe.journal import Domain, RecordKind
from wushe.store.schema import KEYS
from wushe.store.troubles import UNREADABLE

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


@attrs.frozen(eq=False, repr=False)
class Codecs:
    """Reads and writes the records of a domain, each as the row of a store's table."""

    domain: Domain
    _converter: cattrs.Converter = attrs.field(
        factory=lambda: cattrs.Converter(omit_if_default=True, detailed_validation=False)
    )

    _classes: dict[str, tuple[type, tuple[tuple[str, Any, Any], ...]]] = attrs.field(
        factory=dict, init=False
    )

    def body(self, record: Any) -> str:
        """Return `record` as canonical JSON text."""
        return _encode(self._converter.unstructure(record))

    def row(self, kind: str, record: Any) -> tuple[str | None, ...]:
        """Return kind, id, body and the four keys (None where the kind has fewer)."""
        keys = [getattr(record, key) for key in self.domain.records[kind].keys]
        return kind, record.id, self.body(record), *keys, *(None,) * (len(KEYS) - len(keys))

    def record(self, kind: str, body: str) -> Any:
        """Return the record that `body` writes. Raises StoreError where it is none."""
        try:
            cls, within = self._made_of(kind)
            fields = json.loads(body)
            for name, read, of in within:
                if name in fields:
                    fields[name] = read(fields[name], of)
            return cls(**fields)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise StoreError(UNREADABLE.both(name=kind)) from None

    def _made_of(self, kind: str) -> tuple[type, tuple[tuple[str, Any, Any], ...]]:
        """Return the class of `kind`, and how to read those of its fields that are more than text, number or flag."""
        found = self._classes.get(kind)
        if found is None:
            cls = self.domain.records[kind].cls
            attrs.resolve_types(cls)
            within = tuple(
                (field.alias, self._converter.get_structure_hook(field.type), field.type)
                for field in attrs.fields(cls)
                if not _is_plain(field.type)
            )
            found = self._classes[kind] = (cls, within)
        return found

    def survives(self, kind: str, record: Any) -> bool:
        """Return whether `record` comes back equal from storage, as a wrongly typed field does not."""
        return bool(self.record(kind, self.body(record)) == record)

    def shape(self) -> str:
        """Return a digest of the kinds, their fields and keys: with another one the kept state must be made anew."""
        listed = [_shape(kind) for _, kind in sorted(self.domain.records.items())]
        return hashlib.sha256(_encode(listed).encode()).hexdigest()


def _shape(kind: RecordKind) -> list[Any]:
    if len(kind.keys) > len(KEYS):
        raise ValueError(
            f"record {kind.name!r}: has {len(kind.keys)} keys; expected at most {len(KEYS)}"
        )
    return [kind.name, list(kind.keys), _fields(kind.cls)]


def _fields(cls: type) -> list[Any]:
    """Return names and types of the fields of `cls`, those of the records within it included."""
    # Annotations are text until somebody resolves them: always, so that two processes agree.
    attrs.resolve_types(cls)
    listed: list[Any] = []
    for field in attrs.fields(cls):
        within = [_fields(part) for part in _records_in(field.type)]
        listed.append([field.name, str(field.type), *within])
    return listed


def _is_plain(kind: Any) -> bool:
    """Return whether JSON has values of this type as they are."""
    return kind in (str, int, bool, type(None)) or (
        get_origin(kind) in (Union, UnionType) and all(map(_is_plain, get_args(kind)))
    )


def _records_in(kind: Any) -> list[type]:
    if isinstance(kind, type) and attrs.has(kind):
        return [kind]
    return [record for part in get_args(kind) for record in _records_in(part)]
