"""Certificates for one cluster: an authority of its own, and what its machines and users prove membership with."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from .dask_executor import FILES

DAYS = 365


def make(folder: Path) -> None:
    """Make an authority, and a certificate with its key, in a new folder that only its owner can read.

    The authority's own key is not kept: nobody can add certificates later.

    Raises
    ------
    FileExistsError
        If the folder is there already.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir(mode=0o700, parents=True)
    now = datetime.datetime.now(datetime.UTC)
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        for name in ("autograder authority", "autograder cluster")
    ]
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def signed(
        subject: x509.Name, its_key: ec.EllipticCurvePrivateKey, is_authority: bool
    ) -> x509.Certificate:
        public = its_key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(names[0])
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=DAYS))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )

    pem = serialization.Encoding.PEM
    contents = (
        signed(names[0], authority_key, True).public_bytes(pem),
        signed(names[1], key, False).public_bytes(pem),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    for name, content in zip(FILES, contents, strict=True):
        with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
