/** A Compartment of hardened JavaScript in a thread, with nothing in it but what the language brings: does a bundle load there? */
import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

const script = `
const { parentPort, workerData } = require("node:worker_threads");
const realDate = Date, realMath = Math;
require(workerData.ses);
lockdown({ errorTaming: "safe", consoleTaming: "unsafe", overrideTaming: "severe", evalTaming: "safeEval" });
const globals = { Date: realDate, Math: realMath, Float32Array, Float64Array, URL, TextEncoder, TextDecoder, setTimeout, clearTimeout };
const compartment = new Compartment({ globals, __options__: true });
(async () => {
  let plugin;
  await compartment.evaluate(workerData.source)((value) => { plugin = value; });
  return JSON.parse(JSON.stringify(plugin));
})().then((plugin) => parentPort.postMessage({ plugin }), (error) => parentPort.postMessage({ error: String(error) }));
`;

/** What of the plugin is plain data; rejects with what the bundle threw. */
export async function loadInRealm(source: string): Promise<Record<string, unknown>> {
  const ses = createRequire(import.meta.url).resolve("ses");
  const worker = new Worker(script, { eval: true, env: {}, workerData: { source, ses }, stderr: true });
  try {
    const [said] = (await once(worker, "message")) as [{ plugin?: Record<string, unknown>; error?: string }];
    if (said.plugin === undefined) throw new Error(said.error);
    return said.plugin;
  } finally {
    await worker.terminate();
  }
}
