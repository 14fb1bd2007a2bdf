"""Random numbers by name: what one process draws never shifts what another one draws.

Two runs with one seed that differ in a rule only (a dispatch policy, say) meet the same needs, the same visits
and the same moods: common random numbers. A stream is named by process and day; a draw that belongs to
somebody (will this volunteer accept that order?) is named by whom it belongs to.
"""

from __future__ import annotations

import zlib

import attrs
import numpy as np

from wushe.model.storage import Array

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


def code_of(name: str) -> int:
    """Return the number that stands for a stream's name, the same on every machine."""
    return zlib.crc32(name.encode())


@attrs.frozen(eq=False)
class Streams:
    """All randomness of one replication, from one seed sequence."""

    seed: np.random.SeedSequence
    _salts: dict[str, Array] = attrs.field(factory=dict, init=False, repr=False)

    def of(self, name: str, day: int = 0) -> np.random.Generator:
        """Return the generator of process `name` on `day`; the same each time it is asked for."""
        return np.random.Generator(np.random.PCG64(self._child(code_of(name), day)))

    def draw(self, name: str, *keys: Array | int) -> Array:
        """Return one uniform number in [0, 1) for each row of `keys`, integer arrays that name whom it belongs to.

        The same keys get the same number whenever and in whatever order they are asked for: SplitMix64
        (Steele, Lea and Flood 2014) of the keys, with this replication's salt for `name`.
        """
        bits = self._salt(name)
        with np.errstate(over="ignore"):
            for key in keys:
                bits = _mixed(
                    bits ^ _mixed(np.asarray(key).astype(np.int64).astype(np.uint64) + _GOLDEN)
                )
        found: Array = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return found

    def _salt(self, name: str) -> Array:
        if name not in self._salts:
            self._salts[name] = self._child(code_of(name), -1).generate_state(1, np.uint64)[0]
        return self._salts[name]

    def _child(self, *key: int) -> np.random.SeedSequence:
        spawn = (*self.seed.spawn_key, *(k % 2**32 for k in key))
        return np.random.SeedSequence(self.seed.entropy, spawn_key=spawn)


def exponential(uniform: Array) -> Array:
    """Return exponential numbers of mean 1 from uniform ones, float (n,): the larger the one, the larger the other."""
    found: Array = -np.log1p(-uniform)
    return found


def _mixed(bits: Array) -> Array:
    """Return SplitMix64's output function, uint64."""
    bits = (bits ^ (bits >> _SHIFTS[0])) * _MIX[0]
    bits = (bits ^ (bits >> _SHIFTS[1])) * _MIX[1]
    mixed: Array = bits ^ (bits >> _SHIFTS[2])
    return mixed
