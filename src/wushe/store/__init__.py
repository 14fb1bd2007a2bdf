"""The store: orders, ledger and case files in SQLite or PostgreSQL, one chain of events, nothing lost."""

import importlib.util

from wushe.errors import MissingExtraError as _MissingExtraError

if not all(map(importlib.util.find_spec, ("sqlalchemy", "alembic"))):
    raise _MissingExtraError("the store", "sql")

from wushe.store.backup import restore as restore
from wushe.store.findings import Finding as Finding
from wushe.store.findings import StoreVerdict as StoreVerdict
from wushe.store.opening import open_store as open_store
from wushe.store.store import Store as Store
