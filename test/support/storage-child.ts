/** Child of the storage tests: sets so many keys, one after another, by the real effect. argv: file, prefix, count. Says when it has begun. */
import { perform } from "../../workers/effects/storage.ts";

const [file = "", prefix = "", count = "0"] = process.argv.slice(2);
const env = { file, quota: 1024 * 1024, plugin: "notes", signal: new AbortController().signal };
for (let index = 0; index < Number(count); index++) {
  await perform({ op: "set", key: `${prefix}-${index}`, value: index }, env);
  if (index === 2) process.send?.("begun");
}
process.disconnect();
