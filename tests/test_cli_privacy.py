"""Nothing personal leaves the command line: standard output, error messages, files and logs, but where marked internal."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import wushe
from canaries import STREETS, Canaries, planted_city, told
from rules_once import share_rules
from wushe.cli import main

AT = ("--by", "K-1", "--at", "2025-03-10T09:00:00+08:00")
Cli = Callable[..., str]


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Cli:
    """Run a command on a store about canaries and return all that it said."""
    monkeypatch.chdir(tmp_path)
    share_rules(monkeypatch)
    monkeypatch.setenv("WUSHE_STORE", "s.db")
    caplog.set_level(logging.DEBUG)

    def run(*args: str, codes: tuple[int, ...] = (0,), lang: str = "zh") -> str:
        acts = AT if args[:1] != ("report",) and args[1] not in LOOKS else ()
        result = CliRunner().invoke(main, [*args, *acts, "--lang", lang])
        assert result.exit_code in codes, (args[:3], result.output)
        return result.output + result.stderr + repr(result.exception)

    CliRunner().invoke(main, ["store", "create"])
    return run


LOOKS = (
    "list", "show", "wall", "figures", "hours", "balance", "trace", "statement", "duties", "export", "stock",
    "expiring", "info", "head", "verify", "events", "rebuild", "backup",
)  # fmt: skip
PERIOD = ("--since", "2025-01-01", "--until", "2025-12-31")


def lived_through(said: Cli, c: Canaries) -> list[str]:
    """Take canaries through orders, money, goods and mistakes; return what was said on the way."""
    home, person, donor = c.home_ids[0], c.person_ids[1], c.donor_ids[0]
    why = ("--why", c.words[0])
    order = ("--category", "errand", "--place", STREETS[0])
    steps = [
        ("orders", "enroll", "city"),
        ("orders", "place", "--client", home, *order, "--key", "a", *why),
        ("orders", "place", "--client", home, *order, "--key", "a", *why),
        ("orders", "place", "--client", person, *order, "--key", "a"),
        ("orders", "place", "--client", c.id_numbers[0], *order),
        ("orders", "place", "--client", c.phones[0], *order),
        ("orders", "place", "--client", f"{c.households[0]} {c.persons[0]}", *order),
        ("orders", "dispatch", "O-20250310010000-000000", "--to", "V0", *why),
        ("orders", "accept", "O-20250310010000-000000", "V0", *why),
        ("orders", "cancel", "O-20250310010000-000000", "--reason", "not_needed", *why),
        ("funds", "open", "F1", "--name", "一号基金", "--host", "ORG"),
        ("funds", "receive", "F1", "500", "--donor", donor, "--donor-kind", "person", "--wants-name", *why),
        ("funds", "receive", "F1", "500", "--donor", donor, "--donor-kind", "person", "--client", home),
        ("funds", "receive", "F1", "5", "--donor", c.phones[0]),
        ("funds", "receive", "--file", "bad.csv"),
        ("funds", "receive", "--file", "bare.csv"),
        ("funds", "pledge", "PL", "F1", "90", "--donor", donor, *why),
        ("funds", "commit", "F1", "70", "--client", home, "--category", "food", "--place", STREETS[0], *why),
        ("funds", "commit", "F1", "99999", "--client", home),
        ("funds", "pay", "F1-C1", *why),
        ("funds", "change-use", "F1-G1", "--purposes", "food", "--consent-by", c.donor_ids[1], "--consent-on", "2025-03-01"),
        ("funds", "refund", "F1-G1", "--yuan", "9", *why),
        ("funds", "host", "ORG", "--kind", "charity_federation", "--charity"),
        ("funds", "declare-interest", "donor", donor, home),
        ("funds", "commit", "F1", "7", "--client", home),
        ("goods", "open", "W1", "--name", "一号仓"),
        ("goods", "receive", "L1", "--warehouse", "W1", "--item", "大米", "--quantity", "9件", "--donor", donor, "--checked"),
        ("goods", "receive", "--file", "bad.csv"),
        ("goods", "issue", "I1", "--warehouse", "W1", "--item", "大米", "--quantity", "2件", "--to", home, "--to-kind", "households"),
        ("goods", "sign", "I1", "--signed-by", c.persons[0]),
        ("goods", "recall", "L1", "--reason", "maker"),
    ]  # fmt: skip
    return [
        said(*step, codes=(0, 1, 2), lang=lang) for step in steps for lang in ("zh", "en")
    ]  # the second time many are refused: their words count, too


@pytest.mark.parametrize("seed", [5, 6])
def test_the_command_line_tells_of_nobody(
    seed: int, said: Cli, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No name, number, address, id of a person or private donor, or free word, in any command not marked internal."""
    c = Canaries.of(seed)
    wushe.write(planted_city(c), tmp_path / "city")
    heading = "fund,yuan,day,donor,donor_kind\n"
    cells = f"F1,{c.persons[0]},{c.phones[0]},{c.households[0]} x,{c.id_numbers[0]}\n"
    Path("bad.csv").write_text(heading + cells, "utf-8")
    Path("bare.csv").write_text(cells, "utf-8")
    out = lived_through(said, c)
    for lang in ("zh", "en"):
        for look in (
            ("orders", "list"), ("orders", "show", "O-20250310010000-000000"), ("orders", "figures"),
            ("orders", "wall", "--on", "2025-03-10"), ("orders", "hours", "V0"), ("funds", "balance"), ("funds", "duties", "--on", "2025-03-31"),
            ("funds", "balance", "--accounts"), ("goods", "stock"), ("goods", "expiring", "--until", "2026-01-01"),
            ("store", "info"), ("store", "events"), ("store", "verify", "--deep"),
            ("funds", "trace", c.donor_ids[0]), ("funds", "statement", *PERIOD, "--city", "city"),
            ("report", "progress", "2025-03", "--city", "city"), ("report", "supervision", "2025Q1", "--city", "city"),
            ("report", "commendation", "2025", "--city", "city"),
        ):  # fmt: skip
            out += [said(*look, lang=lang), said(*look, "--json", lang=lang)]
        for name in ("s.html", "s.csv", "s.xlsx"):
            out.append(
                said("funds", "statement", *PERIOD, "--city", "city", "--out", name, lang=lang)
            )
            out.append(told([tmp_path / name]))
        for form in ("beancount", "csv", "xlsx"):
            out.append(said("funds", "export", "--format", form, "--out", "e", lang=lang))
            out.append(told([tmp_path / "e"]))
        for name, args in {
            "d.html": ("funds", "duties", "--on", "2025-03-31"), "d.csv": ("funds", "duties", "--on", "2025-03-31"),
            "r.html": ("report", "progress", "2025-03"), "r.csv": ("report", "supervision", "2025Q1"),
        }.items():  # fmt: skip
            out += [said(*args, "--out", name, lang=lang), told([tmp_path / name])]
    assert c.found_in("\n".join(out)) == []
    assert c.found_in(caplog.text) == []


def test_the_check_sees_what_is_internal(said: Cli, tmp_path: Path) -> None:
    """The same canaries are found where the own team asks for them."""
    c = Canaries.of(5)
    wushe.write(planted_city(c), tmp_path / "city")
    Path("bad.csv").write_text("fund\n", "utf-8")
    Path("bare.csv").write_text("", "utf-8")
    lived_through(said, c)
    assert c.found_in(said("store", "events", "--internal")) != []
