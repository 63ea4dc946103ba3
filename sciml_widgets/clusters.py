"""A Dask cluster as an executor, for the command line. Knows no run."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor

__all__ = ["at"]


@contextlib.contextmanager
def at(address: str | None) -> Iterator[Executor | None]:
    """The executor of the cluster whose scheduler is there; None where no address is given.

    Raises ValueError where Dask is not installed, or no scheduler answers.
    """
    if address is None:
        yield None
        return
    try:
        from dask.distributed import Client
    except ModuleNotFoundError:
        raise ValueError("--dask needs Dask: pip install 'sciml-widgets[dask]'") from None
    try:
        client = Client(address, timeout="10s")
    except OSError as error:
        raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield client.get_executor()
