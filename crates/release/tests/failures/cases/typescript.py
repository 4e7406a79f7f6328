"""The TypeScript compiler."""

CONFIG = {"compilerOptions": {"strict": True, "module": "nodenext", "noEmit": True, "types": []}, "include": ["src"]}

CASES = [
    dict(id="type-error", run="tsc", files={
        "tsconfig.json": CONFIG, "src/shop.ts": 'export const total: number = "12"\n'}),
    dict(id="module-missing", run="tsc", files={
        "tsconfig.json": CONFIG, "src/shop.ts": "import Stripe from 'stripe'\nexport default Stripe\n"}),
    dict(id="declaration-missing", run="tsc", files={
        "tsconfig.json": CONFIG, "src/shop.ts": "import price from 'price'\nexport default price\n",
        "node_modules/price/package.json": {"name": "price", "main": "index.js"}, "node_modules/price/index.js": "\n"}),
    dict(id="no-inputs", run="tsc", files={"tsconfig.json": CONFIG}),
    dict(id="type-definitions-missing", run="tsc", files={
        "tsconfig.json": {"compilerOptions": {"noEmit": True, "types": ["vitest/globals"]}, "include": ["src"]},
        "src/shop.ts": "export const total = 1\n"}),
    dict(id="syntax-error", run="tsc", files={"tsconfig.json": CONFIG, "src/shop.ts": "export const total = ;\n"}),
]
