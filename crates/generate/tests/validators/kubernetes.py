"""Holds every object of every YAML file below the given folders to the schemas of Kubernetes, strictly.

`kubernetes-validate` would start once for each file; this starts once for all. Kinds that are no part of Kubernetes are
held to the schemas in `crds`. Each mistake is a line `file: kind/name: version: message`.
"""

import json
import pathlib
import sys

import jsonschema
import yaml
from kubernetes_validate import utils

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The two newest minor versions that the package knows.
MINORS = {utils.major_minor(version): version for version in utils.all_versions()}
VERSIONS = list(MINORS)[-2:]
CRDS = {}
for path in sorted((pathlib.Path(__file__).parent / "crds").glob("*.json")):
    schema = json.loads(path.read_text())
    key = schema["properties"]["apiVersion"]["const"], schema["properties"]["kind"]["const"]
    CRDS[key] = jsonschema.Draft202012Validator(schema)

seen = {}


def remember(function):
    """Reads each schema once."""

    def cached(*arguments):
        key = (function.__name__, *arguments)
        if key not in seen:
            seen[key] = function(*arguments)
        return seen[key]

    return cached


class Validators:
    """Builds the validator of each schema once."""

    def __init__(self, build):
        self.build = build
        self.built = {}

    def __call__(self, schema, registry):
        # Schemas are read once, so each is one object.
        if id(schema) not in self.built:
            self.built[id(schema)] = self.build(schema, registry=registry)
        return self.built[id(schema)]


utils.schema_contents = remember(utils.schema_contents)
utils.jsonschema.validators.Draft202012Validator = Validators(jsonschema.Draft202012Validator)
utils.all_versions = remember(utils.all_versions)


def mistakes(node):
    """What is wrong with one object."""
    crd = CRDS.get((node.get("apiVersion"), node.get("kind")))
    if crd:
        yield from (("crds", error.message) for error in crd.iter_errors(node))
        return
    for version in VERSIONS:
        try:
            utils.validate(node, version, strict=True)
        except utils.ValidationError as error:
            where = "/".join(str(part) for part in error.path)
            yield version, f"{where}: {error.message}"
        except utils.SchemaNotFoundError as error:
            yield version, error.message


def main():
    objects = wrong = 0
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.yaml")):
            for node in yaml.load_all(path.read_text(), LOADER):
                if node is None:
                    continue
                objects += 1
                name = f"{node.get('kind')}/{node.get('metadata', {}).get('name')}"
                for version, message in mistakes(node):
                    wrong += 1
                    print(f"{path}: {name}: {version}: {message}")
    print(f"{objects} objects, {wrong} mistakes, versions {' '.join(VERSIONS)}")
    sys.exit(1 if wrong else 0)


main()
