"""All of wushe in a store: every kind of record survives it, and commands do there what they do in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from wushe.journal import Act, Domain, MemoryStore, State
from wushe.orders import areas_of, dispatch_plan, enroll, helpers_of
from wushe.store import open_store
from wushe.store.codec import Codecs
from wushe.store.domain import default_domain
from wushe.testing import made_up_city

ACT = Act("2025-09-15T09:00:00+08:00", "W-1")


def known_as(state: State, domain: Domain) -> Mapping[str, list[str]]:
    """Return every record as text, with ids in place of references."""
    found = {}
    for kind in sorted(domain.records):
        texts = []
        for record in state.find(kind):
            text = str(record)
            for word in sorted(set(_words(record)), key=len, reverse=True):
                if len(word) == 32 and (subject := state.subject(word)) is not None:
                    text = text.replace(word, subject)
            texts.append(text)
        found[kind] = sorted(texts)
    return found


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if attrs.has(type(value)):
        value = attrs.astuple(value, recurse=False)
    if isinstance(value, tuple):
        return [word for part in value for word in _words(part)]
    return []


@pytest.mark.parametrize("kind", sorted(default_domain().records))
def test_every_kind_of_record_can_be_kept(kind: str) -> None:
    """Types that can be read back, few enough keys, and keys that are fields."""
    record = default_domain().records[kind]
    codecs = Codecs(Domain.of((), (record,)))
    assert len(codecs.shape()) == 64
    hook = codecs._converter.get_structure_hook(record.cls)
    assert hook is not None
    assert {"id", *record.keys} <= {field.name for field in attrs.fields(record.cls)}


def test_a_plan_is_dispatched_as_in_memory(tmp_path: Path) -> None:
    """The same orders, calls and helpers, checked against a replay and read by another process's eyes."""
    rules = wushe.load_plugins()
    city = made_up_city(np.random.default_rng(7), rules, needs=60, offers=40)
    plan = wushe.make_plan(city, plugins=rules, on="2025-09-15")
    memory = MemoryStore(default_domain(), rules)
    with open_store(tmp_path / "s.db", plugins=rules) as store:
        for one in (memory, store):
            one.run(ACT, enroll, helpers=helpers_of(city), areas=areas_of(city))
            one.run(ACT, dispatch_plan, plan=plan)
        again = store.run(ACT, dispatch_plan, key="plan", plan=plan)
        assert again.events == ()
        assert store.run(ACT, dispatch_plan, key="plan", plan=plan).again
    with open_store(tmp_path / "s.db", plugins=rules) as store:
        assert store.head.entries == len(memory.log)
        assert store.verify(deep=True).ok
        with store.reading() as state:
            seen = known_as(state, store.codecs.domain)
        assert {k: v for k, v in seen.items() if k != "case_note"} == {
            k: v for k, v in known_as(memory.state, default_domain()).items() if k != "case_note"
        }
