"""A real PostgreSQL server for tests, started in a temporary folder and stopped at the end."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "fsync": "on",  # killed writers are tested, and what they were told must be there
    "log_min_messages": "fatal",
}
SKIP = "no PostgreSQL server found (initdb, postgres): apt-get install postgresql"


def binaries() -> Path | None:
    """Return the folder of initdb and postgres, None where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _as_unprivileged() -> list[str] | None:
    """Return what to put before a command so that it runs as nobody special; None where that cannot be had."""
    if os.geteuid() != 0:
        return []
    for user in ("postgres", "nobody"):
        known = subprocess.run(["id", user], capture_output=True, check=False)
        if known.returncode == 0 and shutil.which("runuser"):
            return ["runuser", "-u", user, "--"]
        if known.returncode == 0 and shutil.which("setpriv"):
            return ["setpriv", f"--reuid={user}", f"--regid={_group(user)}", "--clear-groups"]
    return None


def _group(user: str) -> str:
    shown = subprocess.run(["id", "-g", user], capture_output=True, text=True, check=True)
    return shown.stdout.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server and yield the URL of its first database; skips the test where none can be had."""
    folder, before = binaries(), _as_unprivileged()
    if folder is None or before is None:
        pytest.skip(SKIP)
    home = Path(tempfile.mkdtemp(prefix="wushe-pg-"))
    port = _free_port()
    try:
        data = home / "data"
        if before:
            shutil.chown(home, before[2] if before[0] == "runuser" else before[1].split("=")[1])
        password = home / "password"
        password.write_text("correct horse\n", "utf-8")
        password.chmod(0o644)
        make = ["-D", str(data), "-U", "wushe", "-A", "scram-sha-256", "-E", "UTF8"]
        make += ["--locale=C.UTF-8", "--no-sync", "--pwfile", str(password)]
        done = subprocess.run(
            [*before, str(folder / "initdb"), *make],
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
        )
        if done.returncode != 0:
            pytest.skip(f"initdb failed: {done.stderr.strip().splitlines()[-1:]}")
        options = [part for k, v in SETTINGS.items() for part in ("-c", f"{k}={v}")]
        process = subprocess.Popen(
            [*before, str(folder / "postgres"), "-D", str(data), "-k", str(home), "-p", str(port), *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home,
        )  # fmt: skip
        try:
            _wait(folder, port, process)
            yield f"postgresql://wushe:correct%20horse@127.0.0.1:{port}/postgres"
        finally:
            _stop(data, process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait(folder: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
    import time

    for _ in range(600):
        if process.poll() is not None:
            pytest.skip("the PostgreSQL server did not start here")
        ready = subprocess.run(
            [str(folder / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)],
            capture_output=True, check=False,
        )  # fmt: skip
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    pytest.skip("the PostgreSQL server did not answer within 30 seconds")


def _stop(data: Path, process: "subprocess.Popen[bytes]") -> None:
    """Stop the server at once; the process started here may be `runuser`, which passes no signal on."""
    pid = data / "postmaster.pid"
    if pid.exists():
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(
                int(pid.read_text("utf-8").split()[0]), 3
            )  # SIGQUIT: without waiting for clients
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)


def new_database(url: str, name: str) -> str:
    """Make the database `name` on the server of `url` and return its URL."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.rsplit("/", 1)[0] + "/" + name
