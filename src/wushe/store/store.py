"""The store: runs commands so that all of each is kept or nothing, and reads what was kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, select

from wushe.casefile import Event as CaseEvent
from wushe.casefile import EventLog, Head
from wushe.journal import Act, Event, Receipt, Session
from wushe.store import log
from wushe.store.append import keep, locked_head
from wushe.store.backup import back_up
from wushe.store.cases import case_events, note_events
from wushe.store.city import City
from wushe.store.codec import Codecs
from wushe.store.domain import adopt_plugins
from wushe.store.engine import Base
from wushe.store.erasure import erase_subject
from wushe.store.findings import StoreVerdict
from wushe.store.memory import many_objects
from wushe.store.replay import rebuild_state
from wushe.store.requests import Done, done_before, fingerprint, remember
from wushe.store.schema import HEAD
from wushe.store.state import SqlState
from wushe.store.verify import verify_store

if TYPE_CHECKING:
    from wushe.plugins.manager import Plugins


class Store:
    """Orders, ledger and case files in a SQLite file or a PostgreSQL database; `open_store` makes one.

    Several processes and threads may use the same store. Also a context manager that closes it.
    """

    def __init__(self, base: Base, codecs: Codecs, plugins: Plugins | None) -> None:
        self.base = base
        self.codecs = codecs
        self._city = City(plugins)
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"<Store {self.base.address}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.base.engine.dispose()

    # --- writing ---------------------------------------------------------------------------------

    def run(
        self, act: Act, command: Callable[..., Any], /, *, key: str | None = None, **arguments: Any
    ) -> Receipt:
        """Run `command(session, **arguments)` as one unit of work: all of it is on the disk afterwards, or nothing.

        With a `key` a retry of the same request returns what the first one did (`Receipt.again`);
        another request with that key is refused. Raises what the command raises, and StoreError.
        """
        request = "" if key is None else fingerprint(act, command, arguments)
        self._city.prepare()  # loading plugins takes long: not while others wait to write
        with self.writing() as connection, many_objects():
            head = locked_head(connection)
            done = None if key is None else done_before(connection, key, request)
            if done is not None:
                events = tuple(e for _, e in log.numbered(connection, done.first, done.last))
                return Receipt(events, done.answer, True, done.first, done.last)
            state = SqlState(connection, self.codecs)
            plugins = self._city.under(state, str(self.base.address))
            session = Session(state, act, self.codecs.domain, plugins)
            answer = command(session, **arguments)
            after = keep(connection, head, state, session.events)
            first = head.entries + 1 if session.events else 0
            last = after.entries if session.events else 0
            if key is not None:
                answer = remember(connection, key, request, Done(first, last, answer))
        receipt = Receipt(tuple(session.events), answer, False, first, last)
        return _observed(plugins, receipt)

    def erase(self, subject: str, act: Act, ground: str) -> Receipt:
        """Erase a person, household or donor: all words about that one, and the way from the reference to the id.

        `ground` is a key of `wushe.casefile.ERASURE_GROUNDS`. The chain still verifies, the state
        is as before, with a reference that nobody can resolve; the act's reason is not kept. Raises
        RefusedError where nothing is kept of `subject`.
        """
        with self.writing() as connection:
            receipt = erase_subject(connection, self.codecs, subject, act, ground)
        self.base.forget()
        return receipt

    def note(self, events: Iterable[CaseEvent], act: Act) -> Receipt:
        """Keep events of case files (`wushe.casefile.Event`); its answer is how many were new.

        An event given again is passed over, also after its person was erased. Raises RefusedError where an id
        was used for something else.
        """
        return self.run(act, note_events, events=list(events))

    def import_log(self, log: EventLog | Path | str, act: Act) -> Receipt:
        """Keep the events of an event log that can still be read; see `note`. Needs the extra ``vault``."""
        opened = log if isinstance(log, EventLog) else EventLog(log)
        return self.note((e.event for e in opened.entries() if e.event is not None), act)

    def rebuild(self) -> int:
        """Replace the state by what all events make of it, and return how many events there are."""
        with self.writing() as connection, many_objects():
            locked_head(connection)
            return rebuild_state(connection, self.codecs, str(self.base.address))

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin the transaction of a unit of work; for the modules of this package."""
        self._of_this_process()
        with self.base.writing() as connection:
            yield connection

    def adopt(self, act: Act, *names: str) -> Receipt:
        """Have the store run under these city plugins from now on; its answer is their names.

        Whoever opens it later need not name them, and nobody can leave them out. Raises PluginError.
        """
        return self.run(act, adopt_plugins, names=list(names))

    @property
    def plugins(self) -> Plugins | None:
        """The rules that the store is run under: those it was opened with, else those it adopted."""
        with self.reading() as state:
            return self._city.under(state, str(self.base.address))

    # --- reading ---------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[SqlState]:
        """Give the state as it is at this moment, whatever others write until the end of the block."""
        with self.snapshot() as connection:
            yield SqlState(connection, self.codecs, read_only=True)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Begin a transaction that reads; for the modules of this package."""
        self._of_this_process()
        with self.base.reading() as connection:
            yield connection

    @property
    def head(self) -> Head:
        """The end of the chain: to be published, and to be given to `verify` later."""
        with self.snapshot() as connection:
            row = connection.execute(select(HEAD.c.entries, HEAD.c.hash)).one()
        return Head(row.entries, row.hash)

    def events(
        self, stream: str | None = None, *, after: int = 0, kind: str | None = None
    ) -> Iterator[tuple[int, Event]]:
        """Yield the events after number `after` with their numbers (from 1), oldest first; erased words are None."""
        with self.snapshot() as connection:
            yield from log.selected(connection, stream, after, kind)

    def history(self, stream: str) -> Sequence[Event]:
        """Return what happened to one thing, such as ``order/O-0001``, oldest first."""
        return [event for _, event in self.events(stream)]

    def case_events(self, subject: str) -> list[CaseEvent]:
        """Return the case events of one person or household, oldest first; none if never seen or erased."""
        with self.snapshot() as connection:
            return case_events(connection, subject)

    def verify(self, published: Head | None = None, *, deep: bool = False) -> StoreVerdict:
        """Look for any later change, and name it.

        With `published`, a head that was kept elsewhere, also for a chain that was rewritten as a
        whole. `deep` replays all events and compares the state with it.
        """
        with self.snapshot() as connection, many_objects():
            return verify_store(connection, self.codecs, published, deep=deep)

    def backup(self, path: Path | str) -> Head:
        """Copy the store to the new file `path` while it is in use, check the copy, and return its head.

        The backup is itself a store (SQLite, whatever this one is); `restore` makes another one of it.
        """
        self._of_this_process()
        return back_up(self.base, self.codecs, Path(path))

    def _of_this_process(self) -> None:
        """Leave the connections of a parent process to it: two processes must not share one."""
        if self._process != os.getpid():
            self.base.engine.dispose(close=False)
            self._process = os.getpid()


def _observed(plugins: Plugins | None, receipt: Receipt) -> Receipt:
    """Tell the plugins what was kept. Nothing that they do can undo it."""
    if plugins is None or not receipt.events:
        return receipt
    troubles = plugins.after_orders_changed(receipt.events)
    return Receipt(receipt.events, receipt.answer, False, receipt.first, receipt.last, troubles)
