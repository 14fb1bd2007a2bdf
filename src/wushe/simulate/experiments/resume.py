"""Where finished cells lie: in memory, or as files of a folder from which a killed experiment goes on.

A file is named after everything that its content depends on, so that a folder can serve many experiments, and a
changed rule, library or seed finds nothing there that is not its own.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

from wushe.errors import WusheError
from wushe.simulate.experiments.tables import arrow, is_whole, stream_of

SUFFIX = ".cell"


class Cells:
    """Finished cells by key, a digest in hex: files in `folder`, or in memory where it is None."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = None if folder is None else Path(folder)
        self._held: dict[str, bytes] = {}
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)

    def has(self, key: str) -> bool:
        """Return whether the cell is there, whole; a file that is damaged or cut off counts as none."""
        if self._folder is None:
            return key in self._held
        try:
            return is_whole(self._path(key).read_bytes())
        except FileNotFoundError:
            return False

    def put(self, key: str, blob: bytes) -> None:
        """Keep a cell: under its name there is all of it or nothing, whenever this process is killed."""
        if self._folder is None:
            self._held[key] = blob
            return
        handle, name = tempfile.mkstemp(prefix=f".{key[:16]}-", suffix=".part", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path(key))
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise

    def table(self, key: str, name: str) -> Any:
        """Return one table of a cell, pyarrow. Raises WusheError where the cell or this table is not there."""
        return stream_of(self._buffer(key), name).read_all()

    def schema(self, key: str, name: str) -> Any:
        """Return the columns of one table of a cell, a pyarrow schema. Raises WusheError."""
        return stream_of(self._buffer(key), name).schema

    def _buffer(self, key: str) -> Any:
        pa = arrow()
        if self._folder is None:
            return pa.py_buffer(self._held[key])
        path = self._path(key)
        if not path.is_file():
            raise WusheError(f"{path} is gone; run the experiment again: it makes what is missing")
        with pa.memory_map(str(path)) as file:
            return file.read_buffer()

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{key}{SUFFIX}"
