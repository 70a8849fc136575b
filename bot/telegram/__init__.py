"""The assistant in Telegram."""

import os

# lengths of time as `timedelta`, the library's form from its next version on; without this it warns at each 429
os.environ.setdefault("PTB_TIMEDELTA", "true")
