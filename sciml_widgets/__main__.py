"""`python -m sciml_widgets` is the command line. Knows nothing else."""

from sciml_widgets.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    raise SystemExit(main())
