"""For a Python process that is to have no network, where the system cannot take it away.

Python runs this file by itself when its folder is in PYTHONPATH. This machine may be reached.
"""

import sys

OWN = ("127.", "::1", "localhost")


def refuse(event: str, words: tuple[object, ...]) -> None:
    """Raises OSError for a connection, or the search for one, that would leave this machine."""
    if event == "socket.connect":
        address = words[1]
    elif event == "socket.getaddrinfo":
        address = (words[0],)
    else:
        return
    if isinstance(address, tuple) and address[0] and not str(address[0]).startswith(OWN):
        raise OSError(f"no network here: {address[0]}")


sys.addaudithook(refuse)
