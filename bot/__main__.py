"""`python -m bot`."""

import signal
import sys

if __name__ == "__main__":
    # a stop while the program is still being loaded is a stop like any other
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

from bot.cli import main

if __name__ == "__main__":
    main(prog_name="python -m bot")
