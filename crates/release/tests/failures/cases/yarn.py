"""Yarn 1."""


def package(**more):
    return {"name": "shop", "version": "1.0.0", "private": True, **more}


CASES = [
    dict(id="lockfile-outdated", setup="yarn install && sed -i 's/3.0.1/3.0.0/' package.json",
         run="yarn install --frozen-lockfile", files={"package.json": package(dependencies={"is-odd": "3.0.1"})}),
    dict(id="version-not-found", run="yarn install", files={
        "package.json": package(dependencies={"is-odd": "^99.0.0"})}),
    dict(id="package-not-found", run="yarn install", files={
        "package.json": package(dependencies={"sea-no-such-package-7f3a": "^1.0.0"})}),
    dict(id="engine-mismatch", run="yarn install", files={"package.json": package(engines={"node": ">=99"})}),
    dict(id="script-missing", run="yarn build", files={"package.json": package(scripts={"start": "node ."})}),
]
