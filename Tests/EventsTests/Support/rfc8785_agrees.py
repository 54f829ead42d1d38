"""Writes each text of a JSON list anew with rfc8785 and says whether all bytes stay the same.

usage: rfc8785_agrees.py TEXTS
"""
import json
import pathlib
import sys

import rfc8785

texts = json.loads(pathlib.Path(sys.argv[1]).read_text())
for text in texts:
    written = rfc8785.dumps(json.loads(text))
    if written != text.encode():
        sys.exit(f"differs: {text!r} and {written!r}")
print(f"{len(texts)} agree")
