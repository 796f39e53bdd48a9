// The licences of the packages that are in the built page, which ask to go with every copy of it.
//   node licenses.mjs OUT.txt        in the folder that has package.json and node_modules

import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const packages = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).dependencies);
const texts = packages.map((name) => {
  const folder = `node_modules/${name}`;
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name}: its package has no licence`);
  return `${name} ${version}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
writeFileSync(process.argv[2], texts.join(`\n${"-".repeat(72)}\n\n`));
