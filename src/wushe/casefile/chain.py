"""An append-only log of events: one hash chain, payloads that only their owner's key opens.

A folder holds ``events.jsonl``, one sealed event a line, and ``keys/`` with one small file per person.
Each line carries the SHA-256 of the line before it, the public part of the event and the ciphertext;
whoever keeps the published `Head` can tell that nothing before it was changed, left out or cut off.

What the chain itself says of an event: a number that only the holder of the folder can relate to its
id, its kind, the instant, the helper's id, and a random reference of the person. Everything else,
the person's id and the reason included, is sealed with AES-256-GCM under the person's own key. Key,
id and reference lie together in one file of ``keys/``: when it goes, the person's events can be
neither read nor attributed, and the chain still verifies. One file per person, so that erasing one
touches no other and recording a new person costs the same however many there are.

What a file system cannot promise: the key file is overwritten, synced and unlinked, but journals,
copy-on-write file systems, snapshots, worn flash cells and backups may keep the old blocks. Keep
``keys/`` on an encrypted disk and out of long-lived backups.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from wushe.casefile.keys import KeyRing, LogError, PersonKey, canonical, sync_folder
from wushe.errors import MissingExtraError
from wushe.model.kinds import INSTANT, BadValueError
from wushe.text import Text

GENESIS = "0" * 64
ERASURE = "erasure"
ERASURE_GROUNDS = {
    "fulfilled": "目的已实现或无法实现",
    "stopped": "停止提供服务或保存期届满",
    "withdrawn": "撤回同意",
    "unlawful": "违法或违约处理",
    "other": "法律、行政法规规定的其他情形",
}
"""个人信息保护法 article 47. A closed list: free words could name the person who is being erased."""
_BY_SUBJECT = "the subject"  # with a space, which no id has
_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")
_IDENT = re.compile(r"\S{1,64}")


def _frozen(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a copy that later changes of the caller's object do not reach."""
    if not isinstance(payload, Mapping):
        raise ValueError("payload: is no mapping; expected field names and values")
    return MappingProxyType(json.loads(canonical(dict(payload))))


def _instant(text: str) -> str:
    try:
        return str(INSTANT.parse(text))
    except (BadValueError, TypeError):
        raise ValueError(
            "at: is no instant with its zone, such as 2025-09-15T09:00:00+08:00"
        ) from None


def _matches(pattern: re.Pattern[str], expected: str) -> Any:
    def check(_: Any, attribute: Any, value: Any) -> None:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise ValueError(f"{attribute.name}: is not usable; expected {expected}")

    return check


@attrs.frozen
class Event:
    """What happened to one person or household: who, when, why, and the personal `payload`.

    `id` is unique everywhere, `kind` a short English word, `by` the id of a helper or office (never a
    name). An event about two persons is two events: each payload opens with one key only.
    """

    id: str = attrs.field(validator=_matches(_IDENT, "1 to 64 characters without spaces"))
    kind: str = attrs.field(validator=_matches(_KIND, "lower-case letters, digits, underscores"))
    subject: str = attrs.field(validator=_matches(_IDENT, "the id of a person or household"))
    at: str = attrs.field(converter=_instant)
    by: str = attrs.field(validator=_matches(_IDENT, "the id of a helper or office"))
    why: str = attrs.field(repr=False, validator=attrs.validators.instance_of(str))
    payload: Mapping[str, Any] = attrs.field(repr=False, converter=_frozen, hash=False)

    def __reduce__(self) -> tuple[Any, ...]:
        fields = (self.id, self.kind, self.subject, self.at, self.by, self.why)
        return Event, (*fields, dict(self.payload))


@attrs.frozen
class Entry:
    """One line of the log as it can be read now: `event` is None where the person was erased."""

    number: int
    kind: str
    at: str
    by: str
    reference: str
    event: Event | None


@attrs.frozen
class Head:
    """The end of the chain, to be published: how many entries, and the hash of the last."""

    entries: int
    hash: str


@attrs.frozen
class Verdict:
    """Whether the chain holds; else `broken` is the number (from 0) of the first link that does not."""

    entries: int
    broken: int | None = None
    why: Text | None = None

    @property
    def ok(self) -> bool:
        """Whether every link holds."""
        return self.broken is None

    def say(self, lang: str = "zh") -> str:
        """Return the verdict as one sentence."""
        if self.broken is None or self.why is None:
            return _HOLDS.say(lang, n=self.entries)
        return _BREAKS.say(lang, n=self.broken, why=self.why)


_HOLDS = Text("链条完整，共{n}条", "the chain holds, {n} entries")
_BREAKS = Text("第{n}条（从0数起）断裂：{why}", "broken at entry {n} (from 0): {why}")
_UNREADABLE = Text("不是一条记录", "is no entry")
_PREVIOUS = Text("没有接上前一条", "does not follow the entry before it")
_CHANGED = Text("内容被改动", "was changed")
_CUT = Text("少于已公布的条数", "fewer entries than the published head")
_OTHER = Text("与已公布的链头不符", "differs from the published head")
_TORN = Text("末行写入中断，请先修复", "the last line was cut off by a crash; repair the log first")


class EventLog:
    """The log in `folder`, made where it does not exist. Safe to append from several processes.

    Appending and reading need the extra ``vault``; `verify` and `head` do not. After a crash `torn`
    tells how many bytes of a last, unfinished line there are: `repair` takes them away (or completes
    the line, if only its end was missing) before anything can be appended.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._path = self.folder / "events.jsonl"
        self._keys = KeyRing(self.folder / "keys")
        self._tail = _Tail()

    def __repr__(self) -> str:
        return f"<EventLog {self.folder.name}>"

    # --- reading ---------------------------------------------------------------------------------

    @property
    def head(self) -> Head:
        """The end of the chain as the file has it now; see `verify` for whether it holds."""
        return self._read_on().head

    @property
    def torn(self) -> int:
        """How many bytes follow the last whole line: 0 unless a write was cut off."""
        size = self._path.stat().st_size if self._path.exists() else 0
        return size - self._read_on().offset

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, oldest first, opened where the key still exists.

        Raises LogError at an entry that cannot be read, MissingExtraError without the extra.
        """
        keys = self._keys.by_reference()
        for number, line in enumerate(self._lines()):
            found = _parsed(line, number)
            yield _entry(number, found, keys.get(found["public"]["ref"]))

    def events_of(self, subject: str) -> list[Event]:
        """Return the events of one person or household, oldest first; none if never seen or erased."""
        key = self._keys.get(subject)
        if key is None:
            return []
        lines = (_parsed(line, number) for number, line in enumerate(self._lines()))
        return [_opened(f, key) for f in lines if f["public"]["ref"] == key.reference]

    def verify(self, published: Head | None = None) -> Verdict:
        """Return whether every link holds and, with `published`, that nothing before it was touched."""
        head = Head(0, GENESIS)
        for line in self._lines():
            found = _content(line)
            why = _why_broken(found, head)
            if why is not None:
                return Verdict(head.entries, head.entries, why)
            head = Head(head.entries + 1, found["hash"])
            if published is not None and head.entries == published.entries and head != published:
                return Verdict(head.entries, head.entries - 1, _OTHER)
        if self.torn:
            return Verdict(head.entries, head.entries, _TORN)
        if published is not None and head.entries < published.entries:
            return Verdict(head.entries, head.entries, _CUT)
        return Verdict(head.entries)

    # --- writing ---------------------------------------------------------------------------------

    def append(self, events: Iterable[Event]) -> Head:
        """Add `events` in the order given and return the new head, once all are on the disk.

        An event that the log has already is passed over, also after its person was erased. Raises
        LogError, adding nothing, where an id was used for something else, and after a crash.
        """
        with self._locked() as tail:
            link, given, lines = tail.head, dict[str, Event](), []
            held: dict[str, PersonKey] = {}
            for event in events:
                if self._is_new(event, tail, given):
                    line, link = _link(link, *self._sealed(event, held))
                    lines.append(line)
            self._keys.sync()  # a line must never be on the disk before the key that opens it
            self._write(b"".join(lines))
            return self._read_on().head

    def erase(self, subject: str, *, by: str, at: str, why: str) -> Head:
        """Destroy the key of `subject`, record that it was done, and return the new head.

        `why` is one of `ERASURE_GROUNDS`. What was sealed for the person can then be read by nobody.
        Raises LogError where the log holds nothing of that person, or `why` is unknown.
        """
        if why not in ERASURE_GROUNDS:
            raise LogError(f"why: unknown ground; expected one of {', '.join(ERASURE_GROUNDS)}")
        if _IDENT.fullmatch(by) is None:
            raise LogError("by: is not usable; expected the id of a helper or office")
        with self._locked() as tail:
            key = self._keys.get(subject)
            if key is None:
                raise LogError(
                    "subject: nothing is kept of this id: never recorded, or erased before"
                )
            public = {
                "at": _instant(at), "by": _BY_SUBJECT if by == subject else by,
                "event": self._keys.digest(f"erasure {key.reference}"),
                "ground": why, "kind": ERASURE, "ref": key.reference,
            }  # fmt: skip
            # The record first: if power fails between the two, the next writer destroys the key.
            self._write(_link(tail.head, public, "")[0])
            self._keys.destroy(key)
            return self._read_on().head

    def repair(self) -> int:
        """Take an unfinished last line away and return how many bytes it had; 0 if there was none.

        A line that lacks nothing but its end is kept. No entry before it is touched.
        """
        with self._lock():
            tail = self._read_on()
            torn = self.torn
            if torn:
                with self._path.open("r+b") as file:
                    file.seek(tail.offset)
                    found = _content(file.read())
                    if _why_broken(found, tail.head) is None:
                        file.write(b"\n")
                    else:
                        file.truncate(tail.offset)
                    file.flush()
                    os.fsync(file.fileno())
            return torn

    def _is_new(self, event: Event, tail: _Tail, given: dict[str, Event]) -> bool:
        """Return whether `event` is to be written. Raises LogError where its id was used before."""
        if event.kind == ERASURE:
            raise LogError("kind: 'erasure' is written by erase() only")
        earlier = given.setdefault(event.id, event)
        offset = tail.seen.get(self._keys.digest(f"event {event.id}"))
        if offset is not None:
            found = self._line_at(offset)
            if found["public"]["ref"] in tail.erased:
                return False  # what was erased does not come back through a late device
            key = self._keys.get(event.subject)
            same = key is not None and key.reference == found["public"]["ref"]
            if key is None or not same or _opened(found, key) != event:
                raise LogError(
                    f"event {event.id}: the log has another one of this id; use a new id"
                )
            return False
        if earlier != event:
            raise LogError(f"event {event.id}: is given twice with different content")
        return earlier is event

    def _sealed(self, event: Event, held: dict[str, PersonKey]) -> tuple[dict[str, str], str]:
        key = held.get(event.subject) or self._keys.get(event.subject)
        key = held[event.subject] = key or self._keys.make(event.subject)
        public = {
            "at": event.at, "by": _BY_SUBJECT if event.by == event.subject else event.by,
            "event": self._keys.digest(f"event {event.id}"), "kind": event.kind, "ref": key.reference,
        }  # fmt: skip
        inner = {"id": event.id, "payload": dict(event.payload), "why": event.why}
        return public, key.seal(canonical(inner), canonical(public))

    def _write(self, lines: bytes) -> None:
        if lines:
            new = not self._path.exists()
            with self._path.open("ab") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
            if new:
                sync_folder(self.folder)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            from filelock import FileLock
        except ImportError:
            raise MissingExtraError("the event log", "vault") from None
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "events.lock"):
            yield

    @contextmanager
    def _locked(self) -> Iterator[_Tail]:
        """Let one writer in at a time, refuse a torn log, finish an erasure that a crash cut short."""
        with self._lock():
            if self.torn:
                raise LogError(
                    "events.jsonl: a crash cut the last line off; nothing before it is lost. Run repair()"
                )
            if self._tail.unchecked:
                self._keys.finish(self._tail.erased)
                self._tail.unchecked = False
            yield self._tail

    def _read_on(self) -> _Tail:
        """Bring `_tail` up to what the file holds now, reading only what is new in it."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size < self._tail.offset:
            self._tail = _Tail()
        if size > self._tail.offset:
            with self._path.open("rb") as file:
                file.seek(self._tail.offset)
                for line in file:
                    if line.endswith(b"\n"):
                        self._tail.take(line)
        return self._tail

    def _lines(self) -> Iterator[bytes]:
        """Yield every whole line without its end."""
        if self._path.exists():
            with self._path.open("rb") as file:
                yield from (line[:-1] for line in file if line.endswith(b"\n"))

    def _line_at(self, offset: int) -> dict[str, Any]:
        with self._path.open("rb") as file:
            file.seek(offset)
            return _parsed(file.readline()[:-1], 0)


@attrs.define
class _Tail:
    """What is known of the file up to `offset`: its head, where each event lies, who was erased."""

    offset: int = 0
    head: Head = Head(0, GENESIS)
    seen: dict[str, int] = attrs.field(factory=dict)
    erased: set[str] = attrs.field(factory=set)
    unchecked: bool = True

    def take(self, line: bytes) -> None:
        """Add one whole line, its end included."""
        found = _parsed(line[:-1], self.head.entries)
        self.head = Head(self.head.entries + 1, found["hash"])
        self.seen[found["public"]["event"]] = self.offset
        if found["public"]["kind"] == ERASURE:
            self.erased.add(found["public"]["ref"])
            self.unchecked = True
        self.offset += len(line)


def _hash(previous: str, public: Mapping[str, Any], sealed: str) -> str:
    linked = {"previous": previous, "public": public, "sealed": sealed}
    return hashlib.sha256(canonical(linked)).hexdigest()


def _link(head: Head, public: Mapping[str, Any], sealed: str) -> tuple[bytes, Head]:
    """Return the line that continues the chain at `head`, and the head after it."""
    hashed = _hash(head.hash, public, sealed)
    line = {"hash": hashed, "previous": head.hash, "public": public, "sealed": sealed}
    return canonical(line) + b"\n", Head(head.entries + 1, hashed)


def _why_broken(found: dict[str, Any], head: Head) -> Text | None:
    if not found:
        return _UNREADABLE
    if found["previous"] != head.hash:
        return _PREVIOUS
    same = found["hash"] == _hash(head.hash, found["public"], found["sealed"])
    return None if same else _CHANGED


def _content(line: bytes) -> dict[str, Any]:
    """Return the entry that `line` holds, written exactly as this module writes it, else nothing."""
    try:
        found = json.loads(line)
        texts = (found["hash"], found["previous"], found["sealed"])
        public = tuple(found["public"][name] for name in ("at", "by", "event", "kind", "ref"))
        whole = all(isinstance(text, str) for text in (*texts, *public)) and len(found) == 4
        return found if whole and canonical(found) == line else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _parsed(line: bytes, number: int) -> dict[str, Any]:
    found = _content(line)
    if not found:
        raise LogError(f"events.jsonl entry {number} (from 0) is no entry; verify the log")
    return found


def _entry(number: int, found: dict[str, Any], key: PersonKey | None) -> Entry:
    public = found["public"]
    event = None if key is None or public["kind"] == ERASURE else _opened(found, key)
    return Entry(number, public["kind"], public["at"], public["by"], public["ref"], event)


def _opened(found: dict[str, Any], key: PersonKey) -> Event:
    public = found["public"]
    inner = json.loads(key.open(found["sealed"], canonical(public)))
    by = key.subject if public["by"] == _BY_SUBJECT else public["by"]
    return Event(
        inner["id"], public["kind"], key.subject, public["at"], by, inner["why"], inner["payload"]
    )
