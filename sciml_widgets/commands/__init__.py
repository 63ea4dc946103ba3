"""What each command of the terminal does, and its exit code. Parses nothing."""

__all__: list[str] = []
