"""What a rule must leave alone: clocks, global random numbers, people's words, everything that is not its own."""

from __future__ import annotations

import ast
import contextlib
import decimal
import functools
import gc
import inspect
import io
import locale
import logging
import os
import random
import signal
import socket
import sys
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import numpy as np

from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import RAISED, Asked
from wushe.testing.conformance.asking import Ask, asks_of
from wushe.testing.conformance.city import LittleCity
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.world import World
from wushe.text import Text

CLOCKS = {
    *("date.today", "datetime.now", "datetime.today", "datetime.utcnow"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.asctime"),
    *("time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"),
    *("time.timezone", "time.altzone", "time.daylight", "time.tzname"),
    *("Timestamp.now", "Timestamp.today", "Timestamp.utcnow"),
}
NOW = ("today", "now")
"""What numpy and pandas read the clock for."""
FROM_WORDS = ("datetime64", "Timestamp", "to_datetime")
"""What makes dates of such words."""
UNLESS_GIVEN = {"time.strftime": 2}
"""What reads the clock where it is called with fewer arguments."""
ENVIRONMENT = (
    *("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.getlogin", "os.getpid"),
    *("os.cpu_count", "socket.gethostname", "platform.node", "getpass.getuser", "sys.argv"),
)
LOGGER_LEVEL = logging.DEBUG


# --- clocks and random numbers -----------------------------------------------------------------


def clocks(kit: Kit) -> Iterator[Finding]:
    """Yield where the plugin's source reads a clock, under whatever name it was imported."""
    for path, tree, first in _sources(kit):
        names = _imported(kit, tree)
        for node in ast.walk(tree):
            said = _clock(node, names) or _called(node, names)
            if said:
                line = getattr(node, "lineno", 1) + first - 1
                yield found(signs.READS_CLOCK, path, what=said, line=line)


def environment(kit: Kit) -> Iterator[Finding]:
    """Yield where the plugin's source reads environment variables; an observer may have to know where to send to."""
    sign = signs.READS_ENVIRONMENT
    if OBSERVER in kit.hooks:
        sign = attrs.evolve(sign, level="advice")
    for path, tree, first in _sources(kit):
        names, lines = _imported(kit, tree), dict[int, str]()
        for node in ast.walk(tree):
            said = next((name for name in _named(node, names) if name in ENVIRONMENT), "")
            if said:
                lines.setdefault(getattr(node, "lineno", 1) + first - 1, said)
        for line, said in sorted(lines.items()):
            yield found(sign, path, what=said, line=line)


def _sources(kit: Kit) -> Iterator[tuple[str, ast.AST, int]]:
    """Yield (name, syntax tree, number of its first line) of the plugin's modules, or of its hooks."""
    for module in kit.modules():
        file = getattr(module, "__file__", None)
        if file and Path(file).is_file():
            yield Path(file).name, ast.parse(Path(file).read_bytes()), 1
    if kit.modules():
        return
    for one in kit.functions():
        with contextlib.suppress(OSError, TypeError, SyntaxError):
            lines, first = inspect.getsourcelines(one)
            yield one.__name__, ast.parse(textwrap.dedent("".join(lines))), first


def _imported(kit: Kit, tree: ast.AST) -> dict[str, str]:
    """Return what the names in a source stand for: ``{"dt": "datetime", "D": "datetime.date"}``."""
    names = {
        key: value.__name__
        for one in kit.functions()
        for key, value in getattr(one, "__globals__", {}).items()
        if isinstance(value, ModuleType)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return names


def _named(node: ast.AST, names: Mapping[str, str]) -> list[str]:
    """Return what a node names, in full: an attribute, or what is imported by itself."""
    if isinstance(node, ast.Attribute):
        head, dot, rest = _dotted(node).partition(".")
        return [f"{names.get(head, head)}{dot}{rest}"]
    if isinstance(node, ast.ImportFrom):
        return sorted(f"{node.module}.{alias.name}" for alias in node.names)
    return []


def _clock(node: ast.AST, names: Mapping[str, str]) -> str:
    """Return the clock that is named here, as ``date.today``."""
    ends = (".".join(name.split(".")[-2:]) for name in _named(node, names))
    return next((end for end in ends if end in CLOCKS), "")


def _called(node: ast.AST, names: Mapping[str, str]) -> str:
    """Return what reads the clock because of how it is called, as ``datetime64('now')``."""
    if not isinstance(node, ast.Call):
        return ""
    head, dot, rest = _dotted(node.func).partition(".")
    name = f"{names.get(head, head)}{dot}{rest}"
    if len(node.args) < UNLESS_GIVEN.get(name, 0):
        return name
    if name.rpartition(".")[2] in FROM_WORDS:
        for argument in node.args:
            if isinstance(argument, ast.Constant) and argument.value in NOW:
                return f"{name.rpartition('.')[2]}({argument.value!r})"
    return ""


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := _dotted(node.value)):
        return f"{head}.{node.attr}"
    return ""


def random_numbers(asked: Asked, world: World) -> Iterator[Finding]:
    """Yield the questions that draw from the global random numbers, or set their seed."""
    for ask in asked.working:
        for name, state in (("random", random.getstate), ("numpy.random", _numpy_state)):
            before = state()
            ask.run(world)
            if state() != before:
                yield found(signs.GLOBAL_RANDOM, ask.where, what=name)


def _numpy_state() -> str:
    # The legacy state is the thing to be looked at here, not a source of numbers.
    return repr(np.random.get_state())  # noqa: NPY002


# --- privacy -----------------------------------------------------------------------------------


class _Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(LOGGER_LEVEL)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message with its parameters filled in."""
        self.lines.append(record.getMessage())


_CHANNELS = {
    "log": Text("日志", "logs"),
    "print": Text("屏幕输出", "what it prints"),
    "label": Text("给人看的文字", "words for people"),
    "error": Text("报错", "its error messages"),
}


def privacy(kit: Kit, asked: Asked, city: LittleCity, world: World) -> Iterator[Finding]:
    """Yield the questions that tell planted words in logs, prints, labels, reports or errors, or print anything."""
    silent = {f.where for f in asked.findings if f.code == signs.NO_ANSWER.code}
    for ask in asks_of(kit):
        if ask.where in silent:
            continue
        told = _told(ask, world)
        for channel, text in told.items():
            n = len(city.told(text))
            if n:
                yield found(signs.TELLS, ask.where, channel=_CHANNELS[channel], n=n)
        if told["print"].strip():
            yield found(signs.PRINTS, ask.where, lines=len(told["print"].splitlines()))


def _told(ask: Ask, world: World) -> dict[str, str]:
    """Return by channel everything that people could read after asking."""
    error, labels = "", [""]
    with _listening() as (heard, printed, warned):
        try:
            answer = ask.run(world)
            labels = [word for part in answer.values() for word in part.labels]
        except RAISED as failure:
            error = str(failure)
    return {
        "log": "\n".join([*heard.lines, warned.getvalue()]),
        "print": printed.getvalue(),
        "label": "\n".join(labels),
        "error": error,
    }


@contextlib.contextmanager
def _listening() -> Iterator[tuple[_Heard, io.StringIO, io.StringIO]]:
    """Listen to all loggers, to standard output and standard error, and to warnings."""
    heard, printed, warned = _Heard(), io.StringIO(), io.StringIO()
    root = logging.getLogger()
    level, disabled = root.level, root.manager.disable
    quiet = {
        name: (one.level, one.propagate)
        for name, one in root.manager.loggerDict.items()
        if isinstance(one, logging.Logger)
    }
    root.addHandler(heard)
    root.setLevel(LOGGER_LEVEL)
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(warned),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("always")
            yield heard, printed, warned
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
        root.manager.disable = disabled
        for name, (own, propagate) in quiet.items():
            logging.getLogger(name).setLevel(own)
            logging.getLogger(name).propagate = propagate


# --- the world outside -------------------------------------------------------------------------

OBSERVER = "after_orders_changed"
_OUTSIDE = (
    *("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "sqlite3.connect"),
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.startfile"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
)
_LISTS = ("os.listdir", "os.scandir")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
_CACHES = ("__pycache__", ".nbi", ".nbc")
"""Parts of the names of files that Python and numba write by themselves."""
_CODE = (".py", ".pyc", ".so", ".pyd", ".dll")
"""Ends of the names of files that are read where something is imported late."""
_SYSTEM = ("/dev/", "/proc/", "/sys/", "/etc/localtime")


class _Watch:
    """Notes what is done outside the process while `on`; Python's audit hooks can never be taken off again."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        self.own: tuple[Path, ...] = ()
        """Folders that the rules may read: Python's, wushe's, the plugin's."""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note one event of the running interpreter."""
        if not self.on:
            return
        if event in _OUTSIDE:
            self.seen.append(event)
        elif event in _LISTS and isinstance(arguments[0], (str, bytes, os.PathLike)):
            path = Path(os.fsdecode(arguments[0]))
            # Late imports look through the folders that modules come from.
            if str(path) not in {*sys.path, "."} and self._outside(path, writes=False):
                self.seen.append(f"{event} {path.name}")
        elif event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
            path = Path(os.fsdecode(arguments[0]))
            writes = isinstance(arguments[2], int) and bool(arguments[2] & _WRITES)
            if self._outside(path, writes):
                self.seen.append(f"open {path.name}")

    def _outside(self, path: Path, writes: bool) -> bool:
        """Say whether a rule has no business with a file."""
        if any(part in str(path) for part in _CACHES):
            return False
        if writes:
            return True
        if path.suffix in _CODE or str(path).startswith(_SYSTEM):
            return False
        return not any(path.resolve().is_relative_to(folder.resolve()) for folder in self.own)


@functools.cache
def _watch() -> _Watch:
    """Return the one watch of this process."""
    watch = _Watch()
    sys.addaudithook(watch)
    return watch


def outside(kit: Kit, asked: Asked, world: World) -> Iterator[Finding]:
    """Yield the questions that write files, read others than the plugin's, use the network or start programs.

    Observers may.
    """
    watch = _watch()
    folders = [*map(Path, (sys.prefix, sys.base_prefix)), *(file.parent for file in kit.files())]
    watch.own = (Path(inspect.getfile(Text)).parent, *folders)
    for ask in asked.working:
        if ask.hook == OBSERVER:
            continue
        watch.seen, watch.on = [], True
        try:
            ask.run(world)
        finally:
            watch.on = False
        if watch.seen:
            names = sorted(set(watch.seen))
            yield found(signs.ACTS_OUTSIDE, ask.where, what=", ".join(names[:3]))


@contextlib.contextmanager
def nobody_types() -> Iterator[None]:
    """Let whoever reads from the keyboard find that nobody types, rather than wait."""
    keyboard, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = keyboard


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep what rules print and log, planted words above all, away from whoever runs the kit."""
    last = logging.lastResort
    logging.lastResort = None
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.lastResort = last


# --- traces ------------------------------------------------------------------------------------

_SETTINGS: dict[str, Callable[[], Any]] = {
    "numpy.seterr": np.geterr,
    "numpy.set_printoptions": np.get_printoptions,
    # Libraries add filters of their own as they are imported; a plugin must not silence everything.
    "warnings.filters": lambda: [f for f in warnings.filters if f[1:4] == (None, Warning, None)],
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "os.environ": lambda: dict(os.environ),
    "working directory": os.getcwd,
    "sys.path": lambda: list(sys.path),
    "decimal context": lambda: repr(decimal.getcontext()).partition("flags")[0],
    "logging handlers": lambda: [id(handler) for handler in logging.getLogger().handlers],
    "recursion limit": sys.getrecursionlimit,
    "garbage collection": gc.isenabled,
    "threads": threading.active_count,
    "signal handlers": lambda: [signal.getsignal(one) for one in sorted(signal.valid_signals())],
    "sys.excepthook": lambda: id(sys.excepthook),
    "socket timeout": socket.getdefaulttimeout,
    "random": lambda: hash(random.getstate()),
    "numpy.random": lambda: hash(_numpy_state()),
}
Snapshot = dict[str, dict[str, Any]]
"""What there is by module, and of each its names; the settings of the process under ""."""


def snapshot() -> Snapshot:
    """Return what a plugin must not change: settings of the process, every name in wushe's modules, shared functions."""
    marks: Snapshot = {"": {name: repr(look()) for name, look in _SETTINGS.items()}}
    for name, module in list(sys.modules.items()):
        if name in _SHARED and isinstance(module, ModuleType):
            marks[name] = {k: id(v) for k, v in vars(module).items() if callable(v)}
        # Modules of other plugins, such as wushe_qingshi, may be loaded anew from their files.
        if name.partition(".")[0] == "wushe" and isinstance(module, ModuleType):
            names = vars(module)
            marks[name] = {key: id(value) for key, value in names.items()}
            # Of what can be changed in place the identity tells too little.
            marks[name] |= {
                key: _inside(key, value)
                for key, value in names.items()
                if type(value) in _HOLDERS or (type(value) is type and value.__module__ == name)
            }
    return marks


_HOLDERS = (dict, list, set)
_SHARED = ("builtins", "numpy", "random", "json", "datetime", "logging", "attrs")
"""Modules of others whose functions nobody may replace."""


def _inside(key: str, value: Any) -> Any:
    """Return what a class, a list or a registry holds, in short."""
    if type(value) is dict and key.startswith("_"):
        return id(value)  # a cache, which may grow
    if type(value) is dict:
        return id(value), [(repr(name)[:40], id(part)) for name, part in list(value.items())]
    if type(value) in _HOLDERS:
        return id(value), [id(part) for part in list(value)]
    return id(value), [id(part) for name, part in vars(value).items() if name[:2] != "__"]


def traces(before: Snapshot, after: Snapshot, own: Iterable[ModuleType] = ()) -> tuple[str, ...]:
    """Return the names of what changed outside the modules `own`; what is new since `before` is no change."""
    mine = {module.__name__ for module in own}
    changed = []
    for module, names in before.items():
        now = after.get(module, {})
        if module in mine or names == now:
            continue
        changed += [
            f"{module}.{name}" if module else name
            for name, mark in names.items()
            if now.get(name) != mark and name[:2] != "__"
        ]
    return tuple(sorted(changed))
