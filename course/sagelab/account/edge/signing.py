"""Signed packages: a manifest with the sha256 of each file, and an Ed25519 signature of the manifest."""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"


class BadPackage(Exception):
    """A package is not what its maker signed; the text says why."""


def private_key(path: Path) -> Ed25519PrivateKey:
    """The account's key, made when it is first needed."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
        new.replace(path)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half, as devices get it."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(folder: Path, key: Ed25519PrivateKey, **facts: str) -> str:
    """Write the manifest and the signature into a package's folder; the signature."""
    files = {path.name: digest(path) for path in sorted(folder.iterdir())}
    manifest = json.dumps({**facts, "files": files}, sort_keys=True).encode()
    signature = base64.b64encode(key.sign(manifest)).decode()
    (folder / MANIFEST).write_bytes(manifest)
    (folder / SIGNATURE).write_text(signature)
    return signature


def verify(folder: Path, public: str) -> dict[str, Any]:
    """The manifest of an unpacked package; BadPackage where anything in it is not what was signed."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
        signature = base64.b64decode((folder / SIGNATURE).read_bytes())
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, manifest)
    except (OSError, ValueError):
        raise BadPackage("The package is not signed.") from None
    except InvalidSignature:
        raise BadPackage("The signature of the package is not that of its account.") from None
    known: dict[str, Any] = json.loads(manifest)
    for path in sorted(folder.iterdir()):
        if path.name not in (MANIFEST, SIGNATURE) and known["files"].get(path.name) != digest(path):
            raise BadPackage(f"{path.name} was changed after the package was signed.")
    if missing := [name for name in known["files"] if not (folder / name).exists()]:
        raise BadPackage(f"{missing[0]} is missing from the package.")
    return known


def digest(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
