/** No file in the repository names a registry host or a path that only one machine has. */
import { test } from "node:test";
import { files, lines, none, text } from "./sources.ts";

// Written so that this file does not match.
const patterns = [
  /\bregistry[.][a-z-]+[.](org|com|net|io|dev)\b/i,
  /(pypi|npmjs|crates)[.](org|com|io)/i,
  /(^|["'`\s(=:])\/(work|root|home|Users)\//,
];

test("no file names a registry host or a path that only one machine has", () => {
  const complaints: string[] = [];
  for (const path of files(".")) {
    if (/\.(png|jpg|ico|bin|pem)$/.test(path)) continue;
    lines(path).forEach((line, index) => {
      if (patterns.some((pattern) => pattern.test(line))) complaints.push(`${path}:${index + 1}`);
    });
  }
  none(complaints);
});

test("package-lock.json pins by hash only, so that any registry can serve the packages", () => {
  const lock = text("package-lock.json");
  none(lock.includes('"resolved"') ? ["package-lock.json holds resolved addresses"] : []);
});

test("every package is pinned to one version", () => {
  const wanted = JSON.parse(text("package.json"));
  const all = { ...wanted.dependencies, ...wanted.devDependencies } as Record<string, string>;
  const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  none(loose.map(([name, version]) => `${name} ${version}`));
});
