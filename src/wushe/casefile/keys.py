"""Keys, one per person: what they seal can be read while the key file exists, and never after."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from wushe.errors import MissingExtraError, WusheError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
"""Bytes; drawn anew for every payload, as AES-GCM demands of one key."""


class LogError(WusheError):
    """The event log refuses; the message says what is wrong and what to do. Never holds a payload."""


def canonical(value: Any) -> bytes:
    """Return the one way to write `value` as JSON. Raises ValueError, without the value, for others."""
    try:
        text = json.dumps(
            value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        )
        return text.encode()
    except (TypeError, ValueError, RecursionError):
        raise ValueError(
            "payload: is not plain JSON; expected text, numbers, lists, objects"
        ) from None


@attrs.frozen
class PersonKey:
    """One person's key, and the random `reference` by which the chain knows the person."""

    subject: str = attrs.field(repr=False)
    reference: str
    secret: bytes = attrs.field(repr=False)

    def seal(self, content: bytes, public: bytes) -> str:
        """Return `content` encrypted, bound to the `public` part it belongs to, as base64 text."""
        nonce = os.urandom(_NONCE)
        sealed: bytes = nonce + _cipher(self.secret).encrypt(nonce, content, public)
        return base64.b64encode(sealed).decode()

    def open(self, sealed: str, public: bytes) -> bytes:
        """Return what `seal` was given. Raises LogError where either part was changed since."""
        from cryptography.exceptions import InvalidTag

        try:
            raw = base64.b64decode(sealed, validate=True)
            return bytes(_cipher(self.secret).decrypt(raw[:_NONCE], raw[_NONCE:], public))
        except (InvalidTag, ValueError):
            raise LogError(
                "an entry does not open with its key: it was changed; verify the log"
            ) from None


def _cipher(secret: bytes) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise MissingExtraError("sealed events", "vault") from None
    return AESGCM(secret)


class KeyRing:
    """The key files of one log. File names are keyed digests, so that a listing names nobody.

    Key material comes from the operating system and never from a seed: it must not be repeatable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held_salt = b""

    def digest(self, text: str) -> str:
        """Return the keyed digest of `text`: nobody without this folder can test a guess."""
        return hmac.new(self._salt(), text.encode(), hashlib.sha256).hexdigest()

    def get(self, subject: str) -> PersonKey | None:
        """Return the key of `subject`, None where there is none (any more)."""
        if not (self.folder / "salt").exists():
            return None
        return _read(self._path(subject))

    def make(self, subject: str) -> PersonKey:
        """Make, store and return a new key for `subject`; call `sync` before relying on it."""
        _cipher(bytes(32))
        key = PersonKey(subject, os.urandom(16).hex(), os.urandom(32))
        held = {"key": key.secret.hex(), "ref": key.reference, "subject": subject}
        _replace(self._path(subject), canonical(held))
        return key

    def sync(self) -> None:
        """Have the names of new key files reach the disk: once for many keys."""
        if self.folder.exists():
            sync_folder(self.folder)

    def destroy(self, key: PersonKey) -> None:
        """Overwrite and remove the file of `key`. See the module `chain` for what may outlive it."""
        path = self._path(key.subject)
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(self.folder)

    def by_reference(self) -> dict[str, PersonKey]:
        """Return every key by the reference it answers to."""
        return {key.reference: key for path in self._files() if (key := _read(path)) is not None}

    def finish(self, erased: set[str]) -> None:
        """Destroy what a crash left: keys of `erased` references, overwritten files, drafts."""
        for path in sorted(self.folder.glob("*.draft")):
            path.unlink()
        for path in self._files():
            key = _read(path)
            if key is None:
                path.unlink(missing_ok=True)
            elif key.reference in erased:
                self.destroy(key)

    def _files(self) -> Iterator[Path]:
        yield from sorted(self.folder.glob("*.json"))

    def _path(self, subject: str) -> Path:
        return self.folder / (self.digest(f"person {subject}") + ".json")

    def _salt(self) -> bytes:
        if not self._held_salt:
            path = self.folder / "salt"
            if not path.exists():
                _replace(path, os.urandom(32))
            self._held_salt = path.read_bytes()
        return self._held_salt


def _read(path: Path) -> PersonKey | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if not content.strip(b"\0"):  # overwritten, not yet removed: the key is gone
        return None
    try:
        held = json.loads(content)
        return PersonKey(held["subject"], held["ref"], bytes.fromhex(held["key"]))
    except (ValueError, KeyError, TypeError):
        raise LogError(f"{path.name}: is no key file; restore it from the last backup") from None


def _replace(path: Path, content: bytes) -> None:
    """Write `content` so that after a crash the file is either absent, old or whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` written to the disk; only POSIX systems offer that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
