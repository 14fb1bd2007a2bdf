"""Simulate every published figure and write the documentation's page: ``python -m wushe.simulate.evidence DOCS [WORKERS]``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from wushe.simulate.evidence.judging import REPLICATIONS, SEED, evidence, record
from wushe.simulate.evidence.page import KEPT, PAGE, filled


def main(docs: Path, workers: int = 1) -> None:
    """Write the kept numbers and the page's tables under `docs`."""
    rows = evidence(REPLICATIONS, SEED, workers=workers)
    kept = json.dumps(record(rows, SEED), indent=1, ensure_ascii=False)
    (docs / KEPT).write_text(kept + "\n", encoding="utf-8")
    page = docs / PAGE
    page.write_text(filled(page.read_text("utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:3]))
