"""Linters and formatters of JavaScript."""

CASES = [
    dict(id="eslint", modules=True, run="eslint .", files={
        "eslint.config.mjs": "import js from '@eslint/js'\nexport default [js.configs.recommended]\n",
        "shop.mjs": "const unused = 1\nexport const total = sum\n"}),
    dict(id="eslint-config-missing", run="eslint .", files={"shop.mjs": "export const total = 1\n"}),
    dict(id="eslint-warnings", modules=True, run="eslint --max-warnings 0 .", files={
        "eslint.config.mjs": "export default [{ rules: { 'no-unused-vars': 'warn' } }]\n", "shop.mjs": "const unused = 1\n"}),
    dict(id="eslint-parse", modules=True, run="eslint .", files={
        "eslint.config.mjs": "export default []\n", "shop.mjs": "const total = (\n"}),
    dict(id="prettier", run="prettier --check .", files={"shop.js": "const total  =  1\n"}),
]
