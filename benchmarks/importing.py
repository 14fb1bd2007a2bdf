"""How much longer Python takes to start when it imports wushe.

``python benchmarks/importing.py [--quick] [--seed N]``; nothing here is random, so the seed is
accepted and not used.
"""

import argparse
import json
import subprocess
import sys
import time

TARGET_S = 0.15


def best_of(code: str, runs: int) -> float:
    """Return the shortest wall time, in seconds, of a Python process that runs `code`."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Time both and print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="7 runs instead of 25")
    parser.add_argument("--seed", type=int, default=0, help="accepted for uniformity")
    runs = 7 if parser.parse_args().quick else 25
    best_of("import wushe", 1)  # writes the bytecode, reads the files once
    bare, full = best_of("pass", runs), best_of("import wushe", runs)
    print(f"bare Python    {bare:.3f} s (best of {runs})")
    print(f"import wushe   {full:.3f} s, {full - bare:.3f} s more; target under {TARGET_S} s")
    print(json.dumps({"import_s_over_bare": round(full - bare, 4), "bare_s": round(bare, 4)}))


if __name__ == "__main__":
    main()
