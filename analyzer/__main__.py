"""`python -m analyzer` is `hsm-analyzer`."""

from __future__ import annotations

import sys

from analyzer.errors import missing_package


def main() -> None:
    """Run the command line and exit.

    Without click nothing of it can be imported; that is told as any other package's absence is. Ctrl-C ends it
    as it does later.
    """
    try:
        from analyzer.cli import main as program  # noqa: PLC0415
    except ModuleNotFoundError as error:
        missing = missing_package(error)
        if missing is None:
            raise
        sys.stderr.write(f"hsm-analyzer: error: {missing}\n")
        sys.exit(missing.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    program()


if __name__ == "__main__":
    main()
