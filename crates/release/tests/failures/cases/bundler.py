"""Bundlers of front ends."""

HTML = '<!doctype html>\n<script type="module" src="/src/main.js"></script>\n'

CASES = [
    dict(id="vite-unresolved", modules=True, run="vite build", files={
        "index.html": HTML, "src/main.js": "import axios from 'axios'\nconsole.log(axios)\n"}),
    dict(id="vite-export-missing", modules=True, run="vite build", files={
        "index.html": HTML, "src/main.js": "import { total } from './shop.js'\nconsole.log(total)\n",
        "src/shop.js": "export const sum = 1\n"}),
    dict(id="vite-entry-missing", modules=True, run="vite build", files={"src/main.js": "\n"}),
    dict(id="esbuild-unresolved", run="esbuild src/main.js --bundle --outfile=out.js", files={
        "src/main.js": "import axios from 'axios'\nconsole.log(axios)\n"}),
    dict(id="webpack-unresolved", run="webpack --mode production --entry ./src/main.js", files={
        "src/main.js": "import axios from 'axios'\nconsole.log(axios)\n"}),
    dict(id="webpack-loader-missing", run="webpack --mode production --entry ./src/main.js", files={
        "src/main.js": "import './shop.vue'\n", "src/shop.vue": "<template>shop</template>\n"}),
]
