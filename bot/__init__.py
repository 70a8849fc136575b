"""A study companion for the Russian Revolution of 1917: short answers, each with the paragraph it stands on."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("revolution-bot")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
