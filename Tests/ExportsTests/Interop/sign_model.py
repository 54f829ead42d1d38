"""Makes and checks model signatures with the model-signing package.

usage: sign_model.py make CURVE DIRECTORY SIGNATURE PUBLIC_KEY [SHARD_SIZE] | check DIRECTORY SIGNATURE PUBLIC_KEY
Exit 0: fine; 1: not; 3: the software is not installed.
"""

import pathlib
import sys


def make(curve, directory, signature, public, shard_size=None):
    import model_signing
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key({"256": ec.SECP256R1, "384": ec.SECP384R1, "521": ec.SECP521R1}[curve]())
    private = pathlib.Path(public + ".private")
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    pathlib.Path(public).write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    config = model_signing.signing.Config().use_elliptic_key_signer(private_key=private)
    if shard_size:
        config.set_hashing_config(model_signing.hashing.Config().use_shard_serialization(shard_size=int(shard_size)))
    config.sign(pathlib.Path(directory), pathlib.Path(signature))


def check(directory, signature, public):
    import model_signing

    model_signing.verifying.Config().use_elliptic_key_verifier(public_key=pathlib.Path(public)).verify(
        pathlib.Path(directory), pathlib.Path(signature))


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]](*sys.argv[2:])
    except ImportError as error:
        print(f"not installed: {error}")
        sys.exit(3)
    except Exception as error:  # noqa: BLE001
        print(f"{type(error).__name__}: {error}")
        sys.exit(1)
