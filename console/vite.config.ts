// How the console is built: hashed files in assets/, each also compressed, and an index.html that the server fills in.
// With `npx vite` in this folder it runs unbuilt and asks the server that TRIBUTARY_URL names.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env["TRIBUTARY_URL"] ?? "http://127.0.0.1:8080";

/** Writes a .br and a .gz beside every file that shrinks by it. */
function compress(): Plugin {
  let folder = "";
  return {
    name: "compress",
    apply: "build",
    configResolved: (config) => void (folder = resolve(config.root, config.build.outDir, "assets")),
    async closeBundle() {
      for (const name of await readdir(folder)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const bytes = await readFile(join(folder, name));
        const small = await promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
        await writeFile(join(folder, `${name}.br`), small);
        await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes, { level: 9 }));
      }
    },
  };
}

/** The typeface of the first screen comes with the page, so that no text is drawn twice. */
function preloadFont(): Plugin {
  return {
    name: "preload-font",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) => Object.keys(bundle ?? {}).filter((name) => /inter-latin-wght-normal[^/]*\.woff2$/.test(name)).map((name) => ({
        tag: "link", attrs: { rel: "preload", as: "font", type: "font/woff2", crossorigin: true, href: `/${name}` }, injectTo: "head" as const,
      })),
    },
  };
}

// Vite asks for a default export.
export default defineConfig({
  plugins: [react(), preloadFont(), compress()],
  html: { cspNonce: "__CSP_NONCE__" },
  build: { target: "es2023", assetsInlineLimit: 0, reportCompressedSize: false, manifest: "manifest.json", chunkSizeWarningLimit: 900 },
  server: { proxy: { "/api": server, "/v1": server } },
});
