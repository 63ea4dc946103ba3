"""Classical solvers that can be differentiated, one equation a file. Knows no loss, no network."""

__all__: list[str] = []
