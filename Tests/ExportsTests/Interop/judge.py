"""Judges exported documents with other projects' software.

usage: judge.py prov FILE | cyclonedx FILE | oscal KIND FILE | dsse FILE KEY_BASE64
Prints one line of what it found. Exit 0: fine; 1: not; 3: the software is not installed.
"""

import json
import sys


def prov(path):
    from prov.model import ProvDocument

    document = ProvDocument.deserialize(path, format="json")
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert document == again, "the document changes on the way through the library"
    kinds = {}
    for record in document.get_records():
        kinds[record.get_type().localpart] = kinds.get(record.get_type().localpart, 0) + 1
    # Every name that a relation uses is one that the document describes.
    described = {r.identifier for r in document.get_records() if r.is_element()}
    for record in document.get_records():
        for name, value in record.formal_attributes:
            if record.is_relation() and hasattr(value, "localpart") and name.localpart != "type":
                assert value in described, f"{value} is not described"
    print(" ".join(f"{k}={kinds[k]}" for k in sorted(kinds)))


def cyclonedx(path):
    from cyclonedx.model.bom import Bom
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = open(path).read()
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, str(error)
    data = json.loads(text)
    refs = {c["bom-ref"] for c in data["components"]} | {data["metadata"]["component"]["bom-ref"]}
    for dependency in data["dependencies"]:
        assert dependency["ref"] in refs, dependency["ref"]
        for ref in dependency["dependsOn"]:
            assert ref in refs, ref
    bom = Bom.from_json(data)
    print(f"components={len(bom.components)} dependencies={len(bom.dependencies)}")


def oscal(kind, path):
    import pathlib

    from trestle.oscal import assessment_results, catalog

    model = {"assessment-results": assessment_results.AssessmentResults, "catalog": catalog.Catalog}[kind]
    found = model.oscal_read(pathlib.Path(path))
    assert found is not None, "trestle reads nothing"
    if kind == "catalog":
        controls = [c.id for g in found.groups for c in g.controls]
        print(f"controls={len(controls)}")
    else:
        print(f"observations={len(found.results[0].observations)} findings={len(found.results[0].findings or [])}")


def dsse(path, key):
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from in_toto_attestation.v1 import statement_pb2
    from google.protobuf import json_format
    from securesystemslib.dsse import Envelope

    envelope = Envelope.from_dict(json.load(open(path)))
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
    for signature in envelope.signatures.values():
        public.verify(bytes.fromhex(signature.signature), envelope.pae())
    statement = json_format.Parse(envelope.payload, statement_pb2.Statement())
    assert statement.type == "https://in-toto.io/Statement/v1"
    print(statement.predicate_type)


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]](*sys.argv[2:])
    except ImportError as error:
        print(f"not installed: {error}")
        sys.exit(3)
    except Exception as error:  # noqa: BLE001: whatever it is, it is the finding
        print(f"{type(error).__name__}: {error}")
        sys.exit(1)
