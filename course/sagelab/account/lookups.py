"""Refuses to find AWS's hosts: libraries other than botocore have their own way out of the machine."""

import socket
from typing import Any

# the DNS suffixes of all AWS partitions, and the addresses that hand out an instance's keys
AWS_SUFFIXES: tuple[str, ...] = ("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "aws")
AWS_SUFFIXES += ("c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov")
KEY_ADDRESSES = ("169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23")

_getaddrinfo, _gethostbyname, _gethostbyname_ex = (
    socket.getaddrinfo,
    socket.gethostbyname,
    socket.gethostbyname_ex,
)
_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex


def refuse() -> None:
    """From now on AWS has no address in this process."""
    _install(_looking_up, _by_name, _by_name_ex, _connecting, _connecting_ex)


def allow() -> None:
    """AWS can be found again."""
    _install(_getaddrinfo, _gethostbyname, _gethostbyname_ex, _connect, _connect_ex)


def _install(look_up: Any, by_name: Any, by_name_ex: Any, connect: Any, connect_ex: Any) -> None:
    replaced: Any = socket
    replaced.getaddrinfo, replaced.gethostbyname, replaced.gethostbyname_ex = look_up, by_name, by_name_ex
    replaced.socket.connect, replaced.socket.connect_ex = connect, connect_ex


def is_aws(host: Any) -> bool:
    """Is this the name of a host of AWS, or an address that hands out keys?"""
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host or "")
    name = name.rstrip(".").lower()
    return name in KEY_ADDRESSES or any(name == s or name.endswith("." + s) for s in AWS_SUFFIXES)


def _insist(host: Any) -> None:
    if is_aws(host):
        text = f"the local account does not talk to {host}; SAGELAB_TARGET=aws would"
        raise socket.gaierror(socket.EAI_NONAME, text)


def _looking_up(host: Any, *args: Any, **kwargs: Any) -> Any:
    _insist(host)
    return _getaddrinfo(host, *args, **kwargs)


def _by_name(host: Any) -> Any:
    _insist(host)
    return _gethostbyname(host)


def _by_name_ex(host: Any) -> Any:
    _insist(host)
    return _gethostbyname_ex(host)


def _connecting(self: socket.socket, address: Any) -> None:
    _insist_address(address)
    _connect(self, address)


def _connecting_ex(self: socket.socket, address: Any) -> int:
    _insist_address(address)
    return _connect_ex(self, address)


def _insist_address(address: Any) -> None:
    if isinstance(address, tuple) and address:
        _insist(address[0])
