"""pnpm: lockfile, registry, workspace."""


def package(**more):
    return {"name": "shop", "version": "1.0.0", "private": True, **more}


CASES = [
    dict(id="lockfile-outdated", setup="pnpm install --lockfile-only && sed -i 's/3.0.1/3.0.0/' package.json",
         run="pnpm install --frozen-lockfile", files={"package.json": package(dependencies={"is-odd": "3.0.1"})}),
    dict(id="lockfile-missing", run="pnpm install --frozen-lockfile", files={
        "package.json": package(dependencies={"is-odd": "3.0.1"})}),
    dict(id="package-not-found", run="pnpm install --no-frozen-lockfile", files={
        "package.json": package(dependencies={"sea-no-such-package-7f3a": "^1.0.0"})}),
    dict(id="version-not-found", run="pnpm install --no-frozen-lockfile", files={
        "package.json": package(dependencies={"is-odd": "^99.0.0"})}),
    dict(id="engine-mismatch", run="pnpm install --no-frozen-lockfile", files={
        ".npmrc": "engine-strict=true\n", "package.json": package(engines={"node": ">=99"})}),
    dict(id="peer-conflict", run="pnpm install --no-frozen-lockfile", files={
        ".npmrc": "strict-peer-dependencies=true\nauto-install-peers=false\n",
        "package.json": package(dependencies={"react": "18.2.0", "react-dom": "17.0.2"})}),
    dict(id="script-missing", run="pnpm run build", files={"package.json": package(scripts={"start": "node ."})}),
    dict(id="workspace-package-missing", run="pnpm install --no-frozen-lockfile", files={
        "pnpm-workspace.yaml": "packages:\n  - packages/*\n", "package.json": package(),
        "packages/web/package.json": {"name": "web", "version": "1.0.0", "dependencies": {"ui": "workspace:*"}}}),
    dict(id="wrong-version", run="pnpm install", files={
        ".npmrc": "manage-package-manager-versions=false\npackage-manager-strict-version=true\n",
        "package.json": package(packageManager="pnpm@8.6.0")}),
]
