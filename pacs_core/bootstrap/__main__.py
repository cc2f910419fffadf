"""Meridian's verbs run, test and lint, started by the Makefile with the machine's own Python."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  an older Python reads this file first
    sys.exit("Meridian needs Python 3.11 or later. Maybe run it with PYTHON=python3.11.")

from .errors import SetUpError
from .steps import say
from .stopping import Stopped, listen_for_signals
from .virtual_environment import continue_inside


def main(arguments: list[str]) -> int:
    """Set up the virtual environment, go on inside it, and turn every expected failure into one sentence."""
    verb, rest = (arguments or ["run"])[0], arguments[1:]
    if verb not in ("run", "test", "lint"):
        say(f"{verb} is no verb of Meridian. Maybe run, test or lint.")
        return 2
    listen_for_signals()
    try:
        continue_inside(verb, rest)
        if verb == "run":
            from .run import run

            return run()
        from .verify import verify

        return verify(verb, rest)
    except SetUpError as error:
        say(f"\n{error}")
        return 1
    except (Stopped, KeyboardInterrupt):
        say("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
