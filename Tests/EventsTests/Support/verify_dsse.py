"""Verifies an envelope of ours with securesystemslib and its statement with in-toto-attestation.

usage: verify_dsse.py ENVELOPE PUBLIC-KEY-HEX KEY-ID
"""
import json
import pathlib
import sys

from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

path, public, keyid = sys.argv[1:]
envelope = Envelope.from_dict(json.loads(pathlib.Path(path).read_text()))
key = SSlibKey(keyid, "ed25519", "ed25519", {"public": public})
verified = envelope.verify([key], 1)
statement = json_format.Parse(envelope.payload, statement_pb2.Statement())
Statement.copy_from_pb(statement).validate()
print(len(verified), "key verified", statement.predicate_type)
