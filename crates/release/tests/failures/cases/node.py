"""Node.js: programs that do not start."""

CASES = [
    dict(id="module-missing", run="node server.js", files={"server.js": "const express = require('express')\n"}),
    dict(id="esm-module-missing", run="node server.mjs", files={"server.mjs": "import express from 'express'\n"}),
    dict(id="local-file-missing", run="node server.js", files={"server.js": "const db = require('./db/pool')\n"}),
    dict(id="entry-missing", run="node dist/server.js"),
    dict(id="import-outside-module", run="node server.js", files={
        "server.js": "import http from 'http'\n", "package.json": {"name": "shop", "type": "commonjs"}}),
    dict(id="require-in-module", run="node server.mjs", files={"server.mjs": "const http = require('http')\n"}),
    dict(id="syntax-error", run="node server.js", files={"server.js": "const total = (items => {\n"}),
    dict(id="bad-option", run="node --no-such-option server.js", files={"server.js": "\n"}),
    dict(id="openssl-md4", run="node build.js", files={
        "build.js": "require('crypto').createHash('md4').update('chunk').digest('hex')\n"}),
    dict(id="export-missing", run="node server.mjs", files={
        "server.mjs": "import { total } from './shop.mjs'\n", "shop.mjs": "export const sum = 1\n"}),
    dict(id="undefined-property", run="node server.js", files={
        "server.js": "const config = {}\nconsole.log(config.database.url)\n"}),
    dict(id="json-invalid", run="node server.js", files={
        "server.js": "require('./config.json')\n", "config.json": '{\n  "port": 3000,\n}\n'}),
]
