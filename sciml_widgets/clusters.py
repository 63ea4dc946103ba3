"""A Dask cluster as an executor, for the command line. Knows no run."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

__all__ = ["at"]


@contextlib.contextmanager
def at(address: str | None, tell: Callable[[str], None]) -> Iterator[Executor | None]:
    """The executor of the cluster whose scheduler is there; None where no address is given.

    `tell` hears of a cluster without workers: runs wait until one comes, which may be for ever.
    Raises ValueError where Dask is not installed, or no scheduler answers.
    """
    if address is None:
        yield None
        return
    try:
        from dask.distributed import Client
    except ModuleNotFoundError:
        raise ValueError(
            "--dask needs Dask: python -m pip install 'sciml-widgets[dask]'"
        ) from None
    try:
        client = Client(address, timeout="10s")
    except OSError as error:
        raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        if not client.nthreads():
            tell(f"the cluster at {address} has no worker yet: the runs wait (Ctrl-C ends this)")
        yield client.get_executor()
