// Builds into the crate that embeds the dashboard, with a record of the sources that it was built from.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const output = join(here, "../crates/server/assets");
const sources = ["index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "src"];

function files(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => files(join(path, name)));
}

/** Writes `built.sha256`: every source and every built file with its hash, in the format of `sha256sum`. */
function record(): Plugin {
  return {
    name: "record",
    apply: "build",
    closeBundle() {
      const built = files(output).filter((file) => !file.endsWith("built.sha256"));
      const all = [...sources.flatMap((source) => files(join(here, source))), ...built];
      const root = join(here, "..");
      const lines = all.map((file) => {
        const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
        return `${hash}  ${relative(root, file)}\n`;
      });
      writeFileSync(join(output, "built.sha256"), lines.join(""));
    },
  };
}

export default defineConfig({
  plugins: [record()],
  server: { proxy: { "/api": process.env.SEA_DASHBOARD ?? "http://localhost:7700" } },
  build: {
    outDir: output,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // What the libraries in the build ask for: their licences beside it.
    license: { fileName: "licences.md" },
  },
});
