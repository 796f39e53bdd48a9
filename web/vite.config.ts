import { defineConfig } from "vite";

// FROND_SERVICE: a running `frond serve`, for `npm run dev`.
const service = process.env["FROND_SERVICE"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2021",
    // The policy of the page's content forbids data: URLs of scripts and styles.
    assetsInlineLimit: 0,
    // Nothing is worth it: there is one chunk beside the page's own, and it is asked for when it is needed.
    modulePreload: false,
  },
  server: { proxy: { "/v1": service, "/v2": service, "/openapi.json": service } },
});
