"""All of wushe in a store: every kind of record survives it, and commands do there what they do in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from wushe.journal import Act, Domain, MemoryStore, Session, State
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


def test_a_store_remembers_whose_rules_it_is_run_under(tmp_path: Path) -> None:
    """Who opens it later need not name the plugins, and cannot leave them out or give others."""
    path = tmp_path / "city.db"
    with open_store(path) as store:
        assert store.plugins is None
        assert store.adopt(ACT, "hefei").answer == ["hefei"]
        assert store.run(ACT, _rules_seen).answer == ["defaults", "hefei"]
    with open_store(path) as store:
        assert store.run(ACT, _rules_seen).answer == ["defaults", "hefei"]
        assert store.verify(deep=True).ok
    with open_store(path, plugins=wushe.load_plugins("hefei")) as store:
        assert store.run(ACT, _rules_seen).answer == ["defaults", "hefei"]
    for others in ((), ("xuanzhou",), ("hefei", "xuanzhou")):
        with (
            open_store(path, plugins=wushe.load_plugins(*others, ordered=True)) as store,
            pytest.raises(wushe.StoreError, match="run under the rules of hefei"),
        ):
            store.run(ACT, _rules_seen)


def test_rules_adopted_elsewhere_hold_from_the_next_unit_of_work_on(tmp_path: Path) -> None:
    """A store that is open meanwhile sees it; without names the city's rules are off again."""
    with open_store(tmp_path / "city.db") as one, open_store(tmp_path / "city.db") as other:
        one.adopt(ACT, "xuanzhou")
        assert other.run(ACT, _rules_seen).answer == ["defaults", "xuanzhou"]
        one.adopt(ACT)
        assert other.run(ACT, _rules_seen).answer == []


def test_plugins_that_cannot_be_loaded_are_not_adopted(tmp_path: Path) -> None:
    """A misspelt name changes nothing."""
    with open_store(tmp_path / "city.db") as store:
        with pytest.raises(wushe.PluginError):
            store.adopt(ACT, "hefie")
        assert store.head.entries == 0


def _rules_seen(s: Session) -> list[str]:
    return [] if s.plugins is None else sorted(name for name, _ in s.plugins.versions)
