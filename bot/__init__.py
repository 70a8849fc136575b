"""A study companion for the Russian Revolution of 1917: short answers, each with the paragraph it stands on."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    # looked up when it is asked for: what finds versions is larger than most of the bot
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("revolution-bot")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0+unknown"
