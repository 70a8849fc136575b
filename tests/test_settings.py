"""Settings: a wrong one stops the start with a sentence that says what to set, and no secret ever shows."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from bot.cli import main
from bot.settings import Settings, SettingsError, read_settings

TOKEN = "123456789:AAsecretSECRETsecretSECRETsecretSECRE"  # noqa: S105
SECRET = "hook-SECRET_value"  # noqa: S105
SHOWN = "5h0wn-n0where"
"""What every wrong value holds: it must not come back in a message."""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which all is well, whatever the tests run in."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    return monkeypatch


def faults() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings()
    return caught.value.faults


WRONG = {
    "TELEGRAM_TOKEN": [SHOWN, f"123:{SHOWN}", f"{TOKEN} {SHOWN}"],
    "TELEGRAM_BASE_URL": [
        SHOWN,
        f"ftp://{SHOWN}",
        "https://",
        f"https://{SHOWN}:port",
        f"https://exa℀{SHOWN}",
        f"http://[{SHOWN}",
        f"https://{SHOWN}/?x=1",
        f"https://{SHOWN}/bot{TOKEN}",
    ],
    "DATABASE_URL": [SHOWN, f"postgresql://{SHOWN}", "sqlite://", "sqlite:///", "sqlite:///:memory:"],
    "WEBHOOK_URL": [
        SHOWN,
        f"http://{SHOWN}/telegram",
        f"https://{SHOWN}:8080/telegram",
        f"https://{SHOWN}:port/telegram",
        f"https://{SHOWN}/{TOKEN}",
        f"https://{SHOWN}/a?b=c",
        f"https://{SHOWN}/a{{b}}",
        f"https://{SHOWN}/healthz",
    ],
    "WEBHOOK_SECRET": [f"{SHOWN} with spaces", f"{SHOWN}é", SHOWN * 30],
    "WEBHOOK_LISTEN": [SHOWN, f"{SHOWN}:", f"{SHOWN}:x", f"{SHOWN}:65536", ":8080", f"{SHOWN}:-1", f"{SHOWN}:٣"],
    "DEFAULT_LANGUAGE": [SHOWN, TOKEN],
    "ADMIN_IDS": [SHOWN, f"1,{SHOWN}", "-5", "1.5", "٣", "9" * 30],
    "LOG_LEVEL": [SHOWN, "TRACE"],
    "MESSAGES_PER_SECOND": [SHOWN, "0", "1001", "1.5", "inf"],
    "PRIVATE_MESSAGES_PER_SECOND": [SHOWN, "0", "1001"],
    "GROUP_MESSAGES_PER_MINUTE": [SHOWN, "0", "60001"],
    "QUESTIONS_PER_MINUTE": [SHOWN, "0", "100001"],
    "QUIET_SECONDS": [SHOWN, "0", "86401"],
    "BACKLOG_MINUTES": [SHOWN, "0", "1441"],
    "BACKLOG_PER_CHAT": [SHOWN, "0", "101"],
    "STOP_SECONDS": [SHOWN, "0", "61", "nan", "inf"],
    "STALLED_SECONDS": [SHOWN, "9", "3601"],
}
NEVER_WRONG = {"REVOLUTION_BOT_SOURCES", "REVOLUTION_BOT_CACHE"}
"""Folders may come and go while the bot runs."""


def test_every_setting_is_tested_here() -> None:
    assert set(WRONG) | NEVER_WRONG == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_setting_gives_a_sentence_that_names_it_and_not_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv("WEBHOOK_SECRET", SECRET)
    environment.setenv(name, value)
    (sentence,) = faults()
    assert sentence.startswith(f"{name}: ")
    assert sentence.endswith(".")
    assert any(verb in sentence for verb in (" give ", " use ", " leave ", " look like "))
    assert SHOWN not in sentence
    assert TOKEN not in sentence


def test_without_a_token_it_says_where_to_get_one(environment: pytest.MonkeyPatch) -> None:
    for empty in (None, ""):
        if empty is None:
            environment.delenv("TELEGRAM_TOKEN")
        else:
            environment.setenv("TELEGRAM_TOKEN", empty)
        assert faults() == ["TELEGRAM_TOKEN is not set: give the token that @BotFather gave for your bot."]


def test_a_webhook_needs_a_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEBHOOK_URL", "https://example.org/telegram")
    (sentence,) = faults()
    assert "WEBHOOK_SECRET" in sentence


def test_several_faults_are_told_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("TELEGRAM_TOKEN")
    environment.setenv("LOG_LEVEL", "loud")
    environment.setenv("QUIET_SECONDS", "soon")
    assert [sentence.split()[0].strip(":") for sentence in faults()] == ["TELEGRAM_TOKEN", "LOG_LEVEL", "QUIET_SECONDS"]


def test_a_number_out_of_range_gives_the_range(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUIET_SECONDS", "0")
    environment.setenv("STOP_SECONDS", "0")
    assert faults() == [
        "QUIET_SECONDS: give a whole number from 1 to 86400.",
        "STOP_SECONDS: give a number from 0.1 to 60.",
    ]


def test_the_program_prints_the_sentences_and_ends_with_status_2(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TELEGRAM_TOKEN", SHOWN)
    environment.setenv("LOG_LEVEL", SHOWN)
    result = CliRunner().invoke(main, ["run"])
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 2
    assert SHOWN not in result.output


def test_webhook_without_its_address_says_so() -> None:
    result = CliRunner().invoke(main, ["run", "--webhook"])
    assert (result.exit_code, result.output.split(":")[0]) == (2, "WEBHOOK_URL is not set")


def test_secrets_mask_themselves(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEBHOOK_SECRET", SECRET)
    settings = read_settings()
    shown = [
        repr(settings),
        str(settings),
        repr(settings.model_dump()),
        repr(settings.model_dump(mode="json")),
        settings.model_dump_json(),
        repr(vars(settings)),
        f"{settings.telegram_token} {settings.webhook_secret}",
    ]
    for text in shown:
        assert TOKEN not in text
        assert SECRET not in text
    assert settings.secrets == (TOKEN, SECRET)


def test_a_traceback_shows_no_value_even_with_all_its_locals(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEBHOOK_SECRET", f"{SECRET} {SHOWN}")
    environment.setenv("LOG_LEVEL", SHOWN)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert caught.value.__context__ is None
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert SHOWN not in text
    assert TOKEN not in text


def test_the_librarys_own_error_repeats_no_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"telegram_token": SHOWN, "log_level": SHOWN})
    assert SHOWN not in str(caught.value)


def test_what_is_given_is_understood(environment: pytest.MonkeyPatch) -> None:
    given = {
        "TELEGRAM_BASE_URL": "http://127.0.0.1:8081/",
        "DATABASE_URL": "sqlite:////data/bot.db",
        "WEBHOOK_URL": "https://example.org:8443/hooks/telegram",
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_LISTEN": "[::1]:9000",
        "REVOLUTION_BOT_SOURCES": "/documents",
        "ADMIN_IDS": " 12, 34,",
        "LOG_LEVEL": "debug",
        "QUIET_SECONDS": "",
    }
    for name, value in given.items():
        environment.setenv(name, value)
    settings = read_settings()
    assert settings.telegram_base_url == "http://127.0.0.1:8081"
    assert settings.database_url == "sqlite+aiosqlite:////data/bot.db"
    assert settings.webhook_path == "/hooks/telegram"
    assert settings.listen == ("::1", 9000)
    assert settings.revolution_bot_sources == Path("/documents")
    assert settings.admin_ids == {12, 34}
    assert settings.log_level == "DEBUG"
    assert settings.quiet_seconds == 60


def test_a_webhook_address_without_a_path_is_the_root(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEBHOOK_URL", "https://example.org")
    environment.setenv("WEBHOOK_SECRET", SECRET)
    assert read_settings().webhook_path == "/"
