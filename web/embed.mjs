// The built page as C++ source: src/serve/http/page.h says what it is.
//   node embed.mjs DIST OUT.cc

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";

const kTypes = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

const [dist, out] = process.argv.slice(2);

function* filesBelow(folder) {
  for (const entry of readdirSync(join(dist, folder), { withFileTypes: true })) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(`${path}/`);
    else yield path;
  }
}

const files = [...filesBelow("/")].sort().map((path, index) => {
  const type = kTypes[extname(path)];
  if (!type) throw new Error(`${path}: no content type is known for it`);
  return { name: `kFile${index}`, served: path === "/index.html" ? "/" : path, type, bytes: readFileSync(join(dist, path)) };
});
const lines = (bytes) => [...bytes].join(",").replace(/((?:\d+,){32})/g, "$1\n");
const text = `// Made by web/embed.mjs.
#include "src/serve/http/page.h"

namespace frond::serve {
namespace {

${files.map(({ name, bytes }) => `constexpr unsigned char ${name}[] = {${lines(bytes)}};`).join("\n")}

template <size_t N>
std::string_view TextOf(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

const PageFile kFiles[] = {
${files.map(({ name, served, type }) => `    {${JSON.stringify(served)}, ${JSON.stringify(type)}, TextOf(${name})},`).join("\n")}
};

}  // namespace

const std::span<const PageFile> kPageFiles = kFiles;

}  // namespace frond::serve
`;
writeFileSync(out, text);
