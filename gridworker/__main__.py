"""`python -m gridworker …` is the command line."""

from gridworker.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
