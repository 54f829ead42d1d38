"""Judges statements by the JSON Schemas: prints 1 or 0 for each text of a JSON list.

usage: judge.py SCHEMAS MUTANTS
"""
import json
import pathlib
import sys

import jsonschema
import referencing


def python_patterns(schema):
    """In ECMA-262 `$` matches at the very end alone; in Python it also matches before a final line break."""
    if isinstance(schema, dict):
        return {
            key: value[:-1] + r"\Z" if key == "pattern" and isinstance(value, str) else python_patterns(value)
            for key, value in schema.items()
        }
    return [python_patterns(item) for item in schema] if isinstance(schema, list) else schema


folder, mutants = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
schemas = {
    str(path.relative_to(folder)): python_patterns(json.loads(path.read_text()))
    for path in folder.glob("**/*.v1.json")
}
for schema in schemas.values():
    jsonschema.Draft202012Validator.check_schema(schema)
registry = referencing.Registry().with_resources(
    (name, referencing.Resource.from_contents(schema)) for name, schema in schemas.items())
judge = jsonschema.Draft202012Validator({"$ref": "statement.v1.json"}, registry=registry)
for mutant in mutants:
    print(int(judge.is_valid(json.loads(mutant["text"]))))
