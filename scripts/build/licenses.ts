/** The licence texts of the packages whose code is in the bundles; their authors ask for them to come along. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** `inputs` are the files that went into the bundles, relative to `root`. */
export async function thirdPartyLicenses(root: string, inputs: readonly string[]): Promise<string> {
  const folders = [...new Set(inputs.flatMap(packageFolder))].sort();
  const notices = await Promise.all(folders.map((folder) => noticeOf(join(root, folder))));
  return ["The bundles of Gantry contain code of these packages.\n", ...notices].join("\n");
}

function packageFolder(input: string): string[] {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
  return found ? [found[0]] : [];
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const texts = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  const bodies = await Promise.all(texts.map((file) => readFile(join(folder, file), "utf8")));
  return [`── ${name} ${version} (${license}) ──`, ...bodies.map((body) => body.trim()), ""].join("\n\n");
}
