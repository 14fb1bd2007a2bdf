"""Compiled twins of the kernel's loops: made on first use, kept on disk, never at import.

The loops are plain Python. `compiled()` copies them into a namespace of their own and hands the copies
to numba, so that the plain functions stay what they are. The cache lives in NUMBA_CACHE_DIR if that
is set, else in the user's cache folder, else in a private folder under the system's temporary one;
where none can be written, numba compiles anew in each process. The installed package is never
written to.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wushe.matching.kernel import amounts, auction, build, paths, phases, run, store

Notify = Callable[[str], None]
MODULES = (paths, phases, auction, amounts, build, store, run)
MESSAGE = (
    "首次使用：正在编译匹配内核，约需一分钟，只此一次 / "
    "first use: compiling the matching kernel, about a minute, once"
)
_lock = threading.RLock()
_twins: list[tuple[types.SimpleNamespace, Path | None]] = []
"""The compiled functions and their cache folder, once they have been asked for."""
_announced: set[str] = set()
_marked: set[str] = set()


def to_stderr(message: str) -> None:
    """Write one line where a waiting user sees it and no output is disturbed."""
    # Without a console there is no stderr, and a closed one is no reason to fail.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(message + "\n")


def compiled(use: str, notify: Notify | None = to_stderr) -> types.SimpleNamespace:
    """Return the compiled functions by name; `notify` is told when the user will wait for a compile.

    `use` names what they are wanted for: each use compiles other functions on its first call.
    Raises ImportError where numba is not installed.
    """
    with _lock:
        if not _twins:
            folder = cache_folder()
            _twins.append((_compile(folder), folder))
        twins, folder = _twins[0]
        first = use not in _announced
        _announced.add(use)
    if first and notify is not None and (folder is None or not (folder / use).exists()):
        notify(MESSAGE)
    return twins


def mark_compiled(use: str) -> None:
    """Note on disk that this machine's cache is warm, so that the next process need not warn."""
    with _lock:
        if use in _marked or not _twins:
            return
        _marked.add(use)
        folder = _twins[0][1]
    if folder is not None:
        with contextlib.suppress(OSError):  # a full disk costs the next process a warning
            (folder / use).touch()


def _compile(folder: Path | None) -> types.SimpleNamespace:
    import numba

    space: dict[str, Any] = {"__builtins__": __builtins__}
    for module in MODULES:
        space.update({k: v for k, v in vars(module).items() if k.isupper() or isinstance(v, type)})
    config: Any = numba.config
    before = config.CACHE_DIR  # where a dispatcher keeps its cache is decided when it is made
    try:
        if folder is not None:
            config.CACHE_DIR = str(folder)
        for module in MODULES:
            for plain in module.FUNCTIONS:
                # A call would copy every field of every column and count its references, which
                # costs more than most of these functions do: only what Python calls stays a call,
                # and nothing allocates, so that numba's runtime (`_nrt`) is not needed.
                inner = plain not in run.CALLS
                options = {"cache": folder is not None, "forceinline": inner, "_nrt": False}
                jit: Any = numba.njit
                space[plain.__name__] = jit(**options)(_copy(plain, space))
    finally:
        config.CACHE_DIR = before
    return types.SimpleNamespace(**{f.__name__: space[f.__name__] for f in run.ENTRIES})


def _copy(plain: Any, space: dict[str, Any]) -> types.FunctionType:
    """Return the same code looking up its globals in `space`, where the callees are compiled."""
    copy = types.FunctionType(plain.__code__, space, plain.__name__, plain.__defaults__)
    copy.__module__, copy.__qualname__ = plain.__module__, plain.__qualname__
    return copy


def cache_folder() -> Path | None:
    """Return a folder of this user's for compiled code, made where it is missing; None if there is none.

    Its name holds a digest of these sources: numba looks only at the file of the function that was
    called, and would go on using it when one of its callees has changed.
    """
    import numba

    digest = hashlib.sha256(numba.__version__.encode() + sys.version.encode())
    for source in (Path(__file__), *(Path(str(module.__file__)) for module in MODULES)):
        digest.update(source.read_bytes())
    name = f"kernel-{digest.hexdigest()[:16]}"
    config: Any = numba.config
    if config.CACHE_DIR:
        return _private(Path(config.CACHE_DIR) / name)
    choices = [os.environ.get("XDG_CACHE_HOME"), os.environ.get("LOCALAPPDATA")]
    homes = [Path(choice) for choice in choices if choice]
    with contextlib.suppress(RuntimeError):  # raised where no home folder is known
        if Path.home().is_dir():
            homes.append(Path.home() / ".cache")
    for home in homes:
        if (folder := _private(home / "wushe" / name)) is not None:
            return folder
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return _private(Path(tempfile.gettempdir()) / f"wushe-{user}-{name}")


def _private(folder: Path) -> Path | None:
    """Return `folder` if it can be written to and nobody else can plant code in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if hasattr(os, "getuid"):
            others = stat.S_IWGRP | stat.S_IWOTH
            if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
                return None
            if found.st_mode & others:
                return None
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None
