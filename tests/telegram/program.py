"""The real program as a process of its own, started and ended as an operator's machine would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple, Self

from tests.telegram.botapi import BotApi

REPOSITORY = Path(__file__).resolve().parents[2]
SECRET = "hook-secret_for-tests"  # noqa: S105  of no real bot
_TAIL = 3000
_LOOK_AGAIN = 0.01


class Stopped(NamedTuple):
    """How the program ended after SIGTERM."""

    code: int
    seconds: float


class BotProcess:
    """`python -m bot run` against a stand-in. Its folder, with the database in it, outlives any number of starts.

    Nothing of the tests' environment reaches it but what is named here and in `environment`. It is ended by its own
    process id, never by name.
    """

    def __init__(self, api: BotApi, folder: Path, cache: Path, *, webhook: bool = False, **environment: str) -> None:
        self.api = api
        self.folder = folder
        self.webhook = webhook
        self.database = folder / "bot.db"
        self.log = folder / "stderr.log"
        """What all starts wrote to standard error, one after the other."""
        self.listen = f"127.0.0.1:{_free_port()}"
        """Where it takes webhooks, and answers `/healthz`."""
        self._process: subprocess.Popen[bytes] | None = None
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "PATH": os.defpath,
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TMPDIR": str(temporary),
            "REVOLUTION_BOT_CACHE": str(cache),
            "TELEGRAM_TOKEN": api.token,
            "TELEGRAM_BASE_URL": api.url,
            "DATABASE_URL": f"sqlite:///{self.database}",
        }
        if webhook:
            self.environment |= {
                "WEBHOOK_URL": "https://bot.example.org/telegram",
                "WEBHOOK_SECRET": SECRET,
                "WEBHOOK_LISTEN": self.listen,
            }
        self.environment |= environment

    def start(self, *, ready: bool = True, timeout: float = 60) -> Self:
        """Start it, and wait until it takes updates unless `ready` is False.

        Raises:
            RuntimeError: it ended instead, or is not ready in time; with the end of its log.
        """
        if self.running:
            raise RuntimeError("it runs already")
        if self.webhook:
            self.api.webhook.route = f"http://{self.listen}"
        seen = len(self.api.requests)
        command = [sys.executable, "-m", "bot", "run", *(["--webhook"] if self.webhook else [])]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if ready:
            self._wait_until_ready(seen, timeout)
        return self

    def _wait_until_ready(self, seen: int, timeout: float) -> None:
        sign = "setWebhook" if self.webhook else "getUpdates"
        deadline = time.monotonic() + timeout
        while not (any(r.method == sign for r in self.api.requests[seen:]) and self._listens()):
            if not self.running:
                raise RuntimeError(f"the bot ended with status {self.returncode}:\n{self.output()[-_TAIL:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the bot was not ready after {timeout} s:\n{self.output()[-_TAIL:]}")
            time.sleep(_LOOK_AGAIN)

    def _listens(self) -> bool:
        if not self.webhook:
            return True
        host, port = self.listen.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return True

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        return self._process.poll() if self._process else None

    def output(self) -> str:
        """What it has written so far, over all starts."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def terminate(self, timeout: float = 20) -> Stopped:
        """SIGTERM, and how it ended.

        Raises:
            RuntimeError: it had to be killed.
        """
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"still running {timeout} s after SIGTERM:\n{self.output()[-_TAIL:]}") from None
        return Stopped(code, time.monotonic() - began)

    def wait(self, timeout: float = 20) -> int:
        """Wait until it ends on its own; its exit status."""
        assert self._process is not None
        return self._process.wait(timeout)

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
