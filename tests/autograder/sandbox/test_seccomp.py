"""Which sockets the two profiles of the system-call filter allow."""

from __future__ import annotations

import socket

import pytest

from autograder.sandbox import seccomp

from .processes import inside

SOCKETS = """
    import socket

    def opens(*arguments):
        try:
            socket.socket(*arguments).close()
            return True
        except OSError:
            return False

    families = {"unix": 1, "inet": 2, "inet6": 10, "netlink": 16, "packet": 17, "alg": 38, "vsock": 40}
    result = {name: opens(number, 3 if number == 16 else 1) for name, number in families.items()}
    result["netlink audit"] = opens(16, 3, 9)
    try:
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname(), 5)
        client.sendall(b"x")
        result["loopback"] = server.accept()[0].recv(1) == b"x"
    except OSError as error:
        result["loopback"] = str(error)
    print(json.dumps(result))
"""


@pytest.mark.sandbox
def test_a_worker_opens_no_socket(works):
    result = inside(SOCKETS)
    assert result.pop("loopback") == "[Errno 1] Operation not permitted"
    assert not any(result.values())


@pytest.mark.sandbox
def test_a_kernel_has_a_loopback_of_its_own(works):
    result = inside(SOCKETS, profile="kernel")
    assert result["loopback"] is True
    assert result["unix"]
    assert result["netlink"]
    for name in ("packet", "alg", "vsock", "netlink audit"):
        assert not result[name], name


@pytest.mark.sandbox
def test_a_kernel_does_not_reach_this_machines_loopback(works):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {port}), 2)
                print(json.dumps("connected"))
            except OSError as error:
                print(json.dumps(type(error).__name__))
        """
        assert inside(code, profile="kernel") == "ConnectionRefusedError"


def test_profiles_are_known_by_name():
    with pytest.raises(ValueError, match="profile must be one of worker, kernel"):
        seccomp.program("root")
    assert seccomp.program("worker") != seccomp.program("kernel")
