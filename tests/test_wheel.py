"""The wheel carries everything: installed into an empty environment, it answers outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_the_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(PROJECT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True, capture_output=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "REVOLUTION_BOT", "VIRTUAL_ENV"))}
    environment["REVOLUTION_BOT_CACHE"] = str(tmp_path / "cache")
    asked = subprocess.run(
        [tmp_path / "env" / "bin" / "revolution-bot", "ask", "rus ki kranti kab hui thi"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert "1917" in asked.stdout
    assert "स्रोत: " in asked.stdout
