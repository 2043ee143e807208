"""Whether standard input is one JSON value of the shape given. usage: check_shape.py SHAPE.json"""
import json
import pathlib
import sys

import jsonschema

shape = pathlib.Path(sys.argv[1]).resolve()
schema = json.loads(shape.read_text())
jsonschema.Draft7Validator.check_schema(schema)
errors = list(
    jsonschema.Draft7Validator(
        schema, resolver=jsonschema.RefResolver(shape.as_uri(), schema)
    ).iter_errors(json.load(sys.stdin))
)
for error in errors:
    print(error.json_path, error.message)
sys.exit(1 if errors else 0)
