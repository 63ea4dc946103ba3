"""How a command ended, as the shell is told. Knows no command."""

__all__ = ["BAD_INPUT", "BROKE", "GOOD", "INTERRUPTED"]

GOOD, BROKE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""As asked; diverged, failed or missed; nothing was run; Ctrl-C."""
