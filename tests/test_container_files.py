"""What the container files promise: pinned dependencies, every setting explained, the hardening in place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import SecretStr

from bot.settings import Settings

PROJECT = Path(__file__).parent.parent
PROJECT_TABLE = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
EXAMPLE = (PROJECT / ".env.example").read_text(encoding="utf-8")

TOKEN = "123456789:" + "A" * 35


def locked() -> dict[str, tuple[str, list[str]]]:
    """Version and hashes of each pinned distribution."""
    pinned = {}
    lines = "\n".join(line for line in LOCK.splitlines() if not line.lstrip().startswith("#"))
    for entry in lines.replace("\\\n", " ").splitlines():
        name, *hashes = entry.split()
        distribution, _, version = name.partition("==")
        pinned[canonicalize_name(distribution)] = (version, hashes)
    return {str(name): pin for name, pin in pinned.items()}


def bot_service(text: str = COMPOSE) -> dict[str, Any]:
    (service,) = yaml.safe_load(text)["services"].values()
    assert isinstance(service, dict)
    return service


def unmarked(text: str, *starts: str) -> str:
    """The compose file after an operator took the marks off the lines that begin so."""
    for start in starts:
        text, count = re.subn(rf"^( *)# (?={re.escape(start)})", r"\1", text, flags=re.MULTILINE)
        assert count == 1, start
    return text


def examples() -> dict[str, str]:
    found = re.findall(r"^#?([A-Z][A-Z_]*)=(.*)$", EXAMPLE, re.MULTILINE)
    assert len(found) == len(dict(found)), "a setting stands there twice"
    return dict(found)


@pytest.mark.parametrize("requirement", [Requirement(d) for d in PROJECT_TABLE["dependencies"]], ids=lambda r: r.name)
def test_the_lock_pins_every_dependency(requirement: Requirement) -> None:
    version, _ = locked()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


def test_every_pin_in_the_lock_has_hashes_and_nothing_else() -> None:
    for name, (version, hashes) in locked().items():
        assert re.fullmatch(r"\d[\w.]*", version), name
        assert hashes, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", h) for h in hashes), name


def test_the_lock_tells_no_address_and_no_path() -> None:
    assert not re.search(
        r"://|--(extra-)?index-url|--find-links|--trusted-host|--no-index| @ |^-e|^[./]", LOCK, re.MULTILINE
    )


def test_the_example_names_exactly_the_settings() -> None:
    assert set(examples()) == {name.upper() for name in Settings.model_fields}


def test_each_setting_in_the_example_is_explained_in_one_line() -> None:
    blocks = [block.splitlines() for block in EXAMPLE.strip().split("\n\n")[1:]]
    assert [len(block) for block in blocks] == [2] * len(Settings.model_fields)
    assert all(block[0].startswith("# ") for block in blocks)


def test_only_the_token_is_left_to_fill_in() -> None:
    assert re.findall(r"^([A-Z].*)$", EXAMPLE, re.MULTILINE) == ["TELEGRAM_TOKEN="]


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = examples()
    for name in shown:
        monkeypatch.delenv(name, raising=False)
    defaults = Settings(telegram_token=SecretStr(TOKEN))
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("WEBHOOK_SECRET", "secret")
    for name, value in shown.items():
        if value:
            monkeypatch.setenv(name, value)
    filled = Settings()  # type: ignore[call-arg]  # the environment gives them
    for name, field in Settings.model_fields.items():
        default = getattr(defaults, name)
        if not field.is_required() and default not in (None, frozenset()):
            assert getattr(filled, name) == default, name


def test_compose_refuses_to_start_without_a_token() -> None:
    assert bot_service()["environment"]["TELEGRAM_TOKEN"].startswith("${TELEGRAM_TOKEN:?")


def test_compose_keeps_the_hardening() -> None:
    service = bot_service()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "user", "network_mode", "pid", "ipc", "devices", "ports"} & set(service)
    assert 0 < service["pids_limit"] <= 256
    assert re.fullmatch(r"\d{2,3}m", service["mem_limit"])
    assert 0 < service["cpus"] <= 2
    assert [mount.partition(":")[0] for mount in service["tmpfs"]] == ["/tmp"]  # noqa: S108
    assert {"noexec", "nosuid", "nodev"} <= set(service["tmpfs"][0].rpartition(":")[2].split(","))


def test_compose_keeps_the_bot_going() -> None:
    service = bot_service()
    assert service["init"] is True
    assert service["restart"] == "unless-stopped"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    grace = int(service["stop_grace_period"].removesuffix("s"))
    assert Settings.model_fields["stop_seconds"].default < grace


def test_the_database_lies_on_a_named_volume() -> None:
    service = bot_service()
    (volume,) = service["volumes"]
    name, _, folder = volume.partition(":")
    assert name in yaml.safe_load(COMPOSE)["volumes"]
    assert service["environment"]["DATABASE_URL"].startswith(f"sqlite:///{folder}/")


def test_what_is_marked_in_compose_works_when_the_mark_is_taken_off() -> None:
    service = bot_service(unmarked(COMPOSE, "command:", "ports:", "- ./documents"))
    assert service["command"] == ["run", "--webhook"]
    (port,) = service["ports"]
    assert port.startswith("127.0.0.1:")
    assert Settings.model_fields["webhook_listen"].default.rpartition(":")[2] == port.rpartition(":")[2]
    assert service["volumes"][1].endswith(f":{examples()['REVOLUTION_BOT_SOURCES']}:ro")


def test_the_image_runs_as_a_fixed_user_that_is_not_root() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.*)$", last_stage, re.MULTILINE) == ["10001:10001"]


def test_the_image_installs_what_is_pinned_and_nothing_else() -> None:
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.13-slim"}
    installs = re.findall(r"\binstall (--\S.*)", DOCKERFILE)
    pinned, wheel, *_ = installs
    assert "--require-hashes" in pinned
    assert "--no-deps --no-index" in wheel
    assert "# syntax" not in DOCKERFILE


def test_the_image_says_whether_it_is_well_and_stops_when_told() -> None:
    for line in ('CMD ["revolution-bot", "health"]', 'ENTRYPOINT ["revolution-bot"]', "STOPSIGNAL SIGTERM"):
        assert line in DOCKERFILE


def test_only_what_is_built_from_reaches_the_builder() -> None:
    rules = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = {
        part.rstrip("/")
        for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE)
        for part in line.split()[:-1]
    }
    assert "*" in rules
    assert let_in == copied
