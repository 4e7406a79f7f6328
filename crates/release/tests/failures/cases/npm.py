"""npm: the manifest, the lockfile, the registry."""


def package(**more):
    return {"name": "shop", "version": "1.0.0", "private": True, **more}


CASES = [
    dict(id="peer-conflict", run="npm install", files={
        "package.json": package(dependencies={"react": "18.2.0", "react-dom": "17.0.2"})}),
    dict(id="package-not-found", run="npm install", files={
        "package.json": package(dependencies={"sea-no-such-package-7f3a": "^1.0.0"})}),
    dict(id="version-not-found", run="npm install", files={
        "package.json": package(dependencies={"is-odd": "^99.0.0"})}),
    dict(id="lockfile-out-of-sync", setup="npm install --package-lock-only && sed -i 's/3.0.1/3.0.0/' package.json",
         run="npm ci", files={"package.json": package(dependencies={"is-odd": "3.0.1"})}),
    dict(id="lockfile-missing", run="npm ci", files={"package.json": package(dependencies={"is-odd": "3.0.1"})}),
    dict(id="script-missing", run="npm run build", files={"package.json": package(scripts={"start": "node ."})}),
    dict(id="manifest-invalid", run="npm install", files={
        "package.json": '{\n  "name": "shop",\n  "dependencies": {\n    "is-odd": "3.0.1",\n  }\n}\n'}),
    dict(id="manifest-missing", run="npm run build", files={"server.js": "console.log(1)\n"}),
    dict(id="engine-mismatch", run="npm install", files={
        ".npmrc": "engine-strict=true\n", "package.json": package(engines={"node": ">=99"})}),
    dict(id="platform-mismatch", run="npm install", files={
        "package.json": package(dependencies={"@esbuild/win32-x64": "0.21.5"})}),
    dict(id="integrity", setup="npm install --package-lock-only && "
         "sed -i 's#\"integrity\": \"sha512-.#\"integrity\": \"sha512-X#' package-lock.json",
         run="npm ci", files={"package.json": package(dependencies={"is-number": "6.0.0"})}),
    dict(id="unauthorized", run="""python3 $CASES/with_server.py 401 'npm install --registry=http://127.0.0.1:$PORT/'""",
         files={"package.json": package(dependencies={"@shop/internal": "^1.0.0"})}),
    dict(id="forbidden", run="""python3 $CASES/with_server.py 403 'npm install --registry=http://127.0.0.1:$PORT/'""",
         files={"package.json": package(dependencies={"@shop/internal": "^1.0.0"})}),
    dict(id="native-build", run="npm install", files={
        "package.json": package(dependencies={"counter": "file:counter"}, scripts={}),
        "counter/package.json": {"name": "counter", "version": "1.0.0", "gypfile": True,
                                 "scripts": {"install": "node-gyp rebuild --nodedir=/usr"}},
        "counter/binding.gyp": '{ "targets": [{ "target_name": "counter", "sources": ["counter.c"] }] }\n',
        "counter/counter.c": "#include <node_api.h>\nint broken( { return 1; }\n"}),
    dict(id="merge-markers", run="npm install", files={
        "package.json": '{\n  "name": "shop",\n<<<<<<< HEAD\n  "version": "1.0.0"\n=======\n  "version": "1.1.0"\n'
                        ">>>>>>> feature\n}\n"}),
    dict(id="workspace-missing", run="npm run build --workspace=api", files={"package.json": package()}),
    dict(id="git-dependency", run="npm install", files={
        "package.json": package(dependencies={"lib": "git+file:///home/nobody/no-such-repository.git"})}),
]
