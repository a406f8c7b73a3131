/** What all cores of one test file share: the far side and the tools' thread, bundled from the sources of now. */
import { writeFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GuestLimits } from "../../../core/contract/guest.ts";
import { bundleGuest } from "../../../scripts/build/bundles.ts";
import { bundleBuiltinThread } from "../../support/builtin-thread.ts";
import { type Core, startCore, type Tier } from "./drive.ts";
import { addInnocent } from "./held.ts";
import type { Place } from "./place.ts";

export interface Stage {
  /** With the innocent plugin in it, which has answered once. */
  core(tier: Tier, limits?: Partial<GuestLimits>): Promise<Core>;
  /** A folder in place of dist/guest, whose process speaks as `mode` of far-side.cjs says. */
  farSide(mode: string): Promise<string>;
  close(): Promise<void>;
}

export async function openStage(place: Place): Promise<Stage> {
  const guestFolder = join(place.root, "core/guest");
  const cores: Core[] = [];
  const [thread] = await Promise.all([bundleBuiltinThread(), bundleGuest(join(import.meta.dirname, "../../.."), guestFolder)]);
  return {
    async core(tier, limits = {}) {
      const core = await startCore(place, tier, { guestFolder, threadFile: thread.filename, limits });
      cores.push(core);
      await addInnocent(core);
      await core.builtin();
      await core.measure();
      return core;
    },
    async farSide(mode) {
      const folder = join(place.root, "core/far-sides", mode.replaceAll(/\W/g, "-"));
      await mkdir(folder, { recursive: true });
      const text = await readFile(join(import.meta.dirname, "far-side.cjs"), "utf8");
      writeFileSync(join(folder, "guest-process.cjs"), `const mode = ${JSON.stringify(mode)};\n${text}`);
      writeFileSync(join(folder, "package.json"), '{"type":"commonjs"}\n');
      return folder;
    },
    async close() {
      await Promise.all(cores.map((core) => core.close()));
      await thread.remove();
    },
  };
}
