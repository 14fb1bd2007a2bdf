"""What a result depends on, as one digest: arguments, the code of functions, libraries and plugins.

Two things with one fingerprint compute the same; the same thing has one fingerprint in every process. Where in
doubt the fingerprint differs, and a cell is simulated again.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import sys
from collections.abc import Mapping
from fractions import Fraction
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import attrs
import numpy as np

from wushe.plugins.loading import load_one

LIBRARIES = ("numpy", "scipy", "numba", "chinesecalendar")
"""Libraries of which another version may give other numbers."""
_PLAIN = (type(None), bool, int, float, complex, str, bytes, Fraction, dt.date, dt.datetime, dt.timedelta)  # fmt: skip


def fingerprint(thing: Any) -> str:
    """Return the digest of a value, sha256 in hex.

    Plain values, arrays, collections, attrs objects and functions, with what those call in modules that are
    not installed (a notebook, a script). Raises TypeError for what cannot be told apart, saying where it is.
    """
    found = hashlib.sha256()
    _feed(found, thing, type(thing).__name__, {})
    return found.hexdigest()


def of_library(plugins: tuple[str, ...] = ()) -> str:
    """Return the digest of wushe's own source, the libraries it computes with and plugins by name. Raises PluginError."""
    found = hashlib.sha256(_own_source().encode())
    found.update(".".join(map(str, sys.version_info[:2])).encode())
    for library in LIBRARIES:
        found.update(f"{library} {metadata.version(library)}\n".encode())
    for name in plugins:
        plugin = load_one(name)
        found.update(f"{plugin.name} {plugin.version} {_source_of(plugin.implementation)}".encode())
    return found.hexdigest()


@functools.cache
def _own_source() -> str:
    return _tree(Path(str(files("wushe"))))


def _tree(folder: Path) -> str:
    """Return the digest of all Python and CSV files below `folder`."""
    found = hashlib.sha256()
    files = (p for p in folder.rglob("*") if p.suffix in (".py", ".csv") and p.is_file())
    for path in sorted(files, key=lambda p: p.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix().encode()
        found.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _source_of(implementation: object) -> str:
    """Return the digest of the file, or the package, in which a plugin is written."""
    name = str(
        getattr(implementation, "__module__", None) or getattr(implementation, "__name__", "")
    )
    file = getattr(sys.modules.get(name, implementation), "__file__", None)
    if file is None:  # made in a notebook: its functions are all there is
        functions = sorted(vars(implementation).items())
        return fingerprint([item for item in functions if isinstance(item[1], FunctionType)])
    if Path(file).name == "__init__.py":
        return _tree(Path(file).parent)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


# --- values --------------------------------------------------------------------------------------


def _feed(found: Any, thing: Any, where: str, seen: dict[int, int]) -> None:
    """Add `thing` to the digest; `where` names it in errors, `seen` numbers functions, classes and what is open."""
    if isinstance(thing, _PLAIN):
        found.update(f"{type(thing).__name__} {thing!r}\n".encode())
        return
    if id(thing) in seen:
        found.update(f"again {seen[id(thing)]}\n".encode())
        return
    seen[id(thing)] = len(seen)
    _feed_compound(found, thing, where, seen)
    if not isinstance(
        thing, FunctionType | type
    ):  # others may be gone next time, and their id another's
        del seen[id(thing)]


def _feed_compound(found: Any, thing: Any, where: str, seen: dict[int, int]) -> None:
    if isinstance(thing, np.ndarray) and thing.dtype != object:
        found.update(f"array {thing.dtype.str} {thing.shape}\n".encode() + thing.tobytes())
    elif isinstance(thing, np.generic):
        found.update(f"{thing.dtype.str} {thing!r}\n".encode())
    elif isinstance(thing, Mapping):
        _feed_parts(found, "mapping", list(thing.items()), where, seen)
    elif isinstance(thing, list | tuple | np.ndarray):
        _feed_parts(found, "sequence", list(thing), where, seen)
    elif isinstance(thing, set | frozenset):
        _feed_parts(found, "set", sorted(map(fingerprint, thing)), where, seen)
    elif callable(thing) and not attrs.has(type(thing)):
        _feed_callable(found, thing, where, seen)
    else:
        _feed_object(found, thing, where, seen)


def _feed_parts(found: Any, kind: str, parts: list[Any], where: str, seen: dict[int, int]) -> None:
    found.update(f"{kind} {len(parts)}\n".encode())
    for number, part in enumerate(parts):
        _feed(found, part, f"{where}[{number}]", seen)


def _feed_object(found: Any, thing: Any, where: str, seen: dict[int, int]) -> None:
    """An object is its class and its fields."""
    kind = type(thing)
    if isinstance(thing, ModuleType):
        found.update(f"module {thing.__name__}\n".encode())
        return
    if attrs.has(kind):
        fields = {field.name: getattr(thing, field.name) for field in attrs.fields(kind)}
    elif hasattr(thing, "__dict__"):
        fields = dict(sorted(vars(thing).items()))
    else:
        raise TypeError(
            f"{where} is a {kind.__module__}.{kind.__qualname__}, of which nobody can tell whether it has changed; "
            "expected plain values, arrays, functions or attrs classes"
        )
    _feed(found, kind, where, seen)
    for name, value in fields.items():
        found.update(f"{name}=".encode())
        _feed(found, value, f"{where}.{name}", seen)


# --- code ----------------------------------------------------------------------------------------


def _feed_callable(found: Any, thing: Any, where: str, seen: dict[int, int]) -> None:
    if isinstance(thing, functools.partial):
        _feed_parts(found, "partial", [thing.func, thing.args, thing.keywords], where, seen)
    elif isinstance(thing, MethodType):
        _feed_parts(found, "method", [thing.__self__, thing.__func__], where, seen)
    elif isinstance(thing, BuiltinFunctionType) and not isinstance(
        thing.__self__, ModuleType | None
    ):
        _feed_parts(found, "method", [thing.__self__, thing.__name__], where, seen)
    elif _installed(thing):
        found.update(
            f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', thing.__name__)}\n".encode()
        )
    elif hasattr(thing, "__wrapped__") and not isinstance(thing, FunctionType | type):
        _feed_parts(
            found, "wrapped", [thing.__wrapped__], where, seen
        )  # a cache, a compiled function
    elif isinstance(thing, FunctionType):
        _feed_function(found, thing, where, seen)
    elif isinstance(thing, type):
        found.update(f"class {thing.__qualname__}\n".encode())
        members = [
            (name, part)
            for name, part in sorted(vars(thing).items())
            if isinstance(part, (FunctionType, *_PLAIN)) and not name.startswith("__")
        ]
        calls = [("__call__", thing.__call__)] if "__call__" in vars(thing) else []
        _feed_parts(found, "members", [*thing.__bases__, *members, *calls], where, seen)
    else:
        _feed_object(found, thing, where, seen)


def _installed(thing: Any) -> bool:
    """Whether `thing` is code of wushe, of Python or of an installed library: its version stands for it."""
    if isinstance(thing, BuiltinFunctionType | np.ufunc):
        return True
    name = str(getattr(thing, "__module__", "") or "")
    top = name.partition(".")[0]
    if not isinstance(thing, FunctionType | type) or name == "__main__":
        return False
    if top == "wushe" or top in sys.stdlib_module_names:
        return True
    file = str(getattr(sys.modules.get(top), "__file__", "") or "")
    return "site-packages" in file or "dist-packages" in file


def _feed_function(found: Any, thing: FunctionType, where: str, seen: dict[int, int]) -> None:
    """A function is its code, what it closes over, its defaults and what it finds by name in its module."""
    names: list[str] = []
    _feed_code(found, thing.__code__, names, where, seen)
    cells = [cell.cell_contents for cell in thing.__closure__ or ()]
    used = [(name, thing.__globals__[name]) for name in names if name in thing.__globals__]
    rest = [cells, thing.__defaults__, thing.__kwdefaults__, used]
    _feed_parts(found, "function", rest, f"{where}.{thing.__name__}", seen)


def _feed_code(
    found: Any, code: CodeType, names: list[str], where: str, seen: dict[int, int]
) -> None:
    found.update(code.co_code)
    found.update(repr((code.co_varnames, code.co_names, code.co_freevars)).encode())
    names += [name for name in code.co_names if name not in names]
    for number, value in enumerate(code.co_consts):
        if isinstance(value, CodeType):
            _feed_code(found, value, names, where, seen)
        else:
            _feed(found, value, f"{where} constant {number}", seen)
