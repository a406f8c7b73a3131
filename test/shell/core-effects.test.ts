/** Effects of built-ins' taps and commands: performed by the one broker, within what the built-in is granted and what the moment reaches. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Reach } from "../../core/contract/execution.ts";
import type { TapContext } from "../../core/contract/plugin.ts";
import { type CoreEffectsParts, createCoreEffects } from "../../core/core-effects.ts";
import { lazyWorkers } from "../../core/lazy-workers.ts";
import { secretPaths } from "../../core/permission/files/secret-files.ts";
import { createListeners } from "../../core/session-listeners.ts";
import { createTapContexts } from "../../core/tap-contexts.ts";

async function contextsIn(): Promise<{ cwd: string; of(owner: string, signal?: AbortSignal): TapContext }> {
  const cwd = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-core-")));
  await writeFile(path.join(cwd, "a.txt"), "12345");
  const env = { HOME: cwd, PATH: process.env["PATH"] };
  const workers = lazyWorkers({ env });
  onTestFinished(async () => {
    await workers.close();
    await rm(cwd, { recursive: true, force: true });
  });
  const data = path.join(cwd, "data");
  const paths = { dataHome: data, configHome: data, stateHome: data, cacheHome: data };
  const secrets = { find: () => undefined, read: () => [] } as unknown as CoreEffectsParts["secrets"];
  const config = { config: {}, paths, project: cwd } as unknown as CoreEffectsParts["config"];
  const reach = async (): Promise<Reach> => ({ workspace: cwd, roots: [cwd], approved: [], hidden: [secretPaths([cwd])] });
  const contextOf = createTapContexts({
    ...{
      effects: createCoreEffects({ config, env, workers, secrets }),
      listeners: createListeners(),
      config,
      reach,
      home: cwd,
    },
  });
  return {
    cwd,
    of: (owner, signal = new AbortController().signal) =>
      contextOf({ owner, payload: { cwd } as never, signal, options: {} } as Parameters<typeof contextOf>[0]),
  };
}

test("what the built-in is granted is performed, in a thread", async () => {
  const { of } = await contextsIn();
  expect((await of("files").fs.read("a.txt")).bytes).toHaveLength(5);
});

test("what it is not granted is refused, and names the built-in", async () => {
  const { of } = await contextsIn();
  await expect(of("policy").fs.read("a.txt")).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
    message: expect.stringContaining("policy"),
  });
  await expect(of("files").process.exec(["true"])).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
});

test("what is hidden stays hidden, however wide the grant: no approved call stands behind a tap", async () => {
  const { cwd, of } = await contextsIn();
  await mkdir(path.join(cwd, ".ssh"));
  await writeFile(path.join(cwd, ".ssh/id_ed25519"), "key");
  await expect(of("files").fs.read(".ssh/id_ed25519")).rejects.toMatchObject({ code: "PATH_DENIED" });
});

test("one whose moment is over performs nothing more", async () => {
  const { of } = await contextsIn();
  const over = new AbortController();
  over.abort();
  await expect(of("files", over.signal).fs.read("a.txt")).rejects.toThrow();
});
