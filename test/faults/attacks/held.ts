/** One attack against a real guest, and what of what must hold does not. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { errorTable } from "../../../core/contract/errors.ts";
import type { GuestFacts, GuestNews } from "../../../core/contract/guest.ts";
import type { Grants } from "../../../core/contract/permissions.ts";
import { type Attack, manifestOf, plainGrants, sourceOf } from "./attack.ts";
import type { ChannelAttack } from "./channel-attack.ts";
import type { Ended } from "./core-child.ts";
import type { Core } from "./drive.ts";
import type { ExhaustionAttack } from "./exhaustion.ts";
import type { Place } from "./place.ts";

type AnyAttack = Attack & Partial<ChannelAttack> & Partial<ExhaustionAttack>;

interface Outcome {
  ended: Ended;
  echo: Ended | undefined;
  facts: GuestFacts | undefined;
  news: GuestNews[];
}

let count = 0;

/** Every way in which it got through, in words; empty when all held. `folder`: in place of dist/guest. */
export async function runAttack(core: Core, place: Place, attack: AnyAttack, folder?: string): Promise<string[]> {
  const plugin = `attack-${++count}`;
  const before = { touched: place.servers.touched(), outside: JSON.stringify(place.outside()) };
  const grants = withServer(attack.grants ?? plainGrants, place);
  await core.add({
    ...{ name: plugin, source: sourceOf(attack, plugin), manifest: manifestOf(plugin, grants, ["Attack", "Echo"]), grants },
    ...(attack.limits && { limits: attack.limits }),
    ...(folder !== undefined && { folder }),
  });
  const input = { ...place.input };
  const call = () =>
    core.call({
      plugin,
      tool: "Attack",
      input,
      timeoutMs: attack.timeoutMs ?? 15_000,
      ...(attack.cancelled && { cancelAfterMs: 1_000 }),
    });
  let ended = await call();
  if (attack.revoked) await core.grant(plugin, {});
  if (attack.again) ended = await call();
  const echo =
    attack.echoes === false
      ? undefined
      : await core.call({ plugin, tool: "Echo", input: { text: "faithful" }, timeoutMs: 15_000 });
  const outcome: Outcome = {
    ended,
    echo,
    ...(await core.facts(plugin, { awaitsCrash: ended.code?.startsWith("GUEST_") ?? false })),
  };
  await core.remove(plugin);
  const problems = [...ofCall(attack, ended), ...ofEcho(outcome), ...ofNews(outcome, place), ...(await ofOthers(core))];
  if (attack.class === "programs" && (await left(place))) problems.push("a program of it stays behind");
  if (place.servers.touched() !== before.touched) problems.push("the canary server was reached");
  if (JSON.stringify(place.outside()) !== before.outside) problems.push("something outside the grant was written");
  return problems.map((problem) => `${attack.name}: ${problem}`);
}

const isOfTable = (code: string | undefined): boolean => code !== undefined && Object.hasOwn(errorTable, code);

function ofCall({ ends, answer }: AnyAttack, { value, code, message, odd }: Ended): string[] {
  const problems: string[] = [];
  const got = JSON.stringify(value) ?? "";
  if (got.startsWith('"GOT')) problems.push(`it ${got}`);
  if (odd !== undefined) problems.push(`the call failed without a code: ${odd}`);
  if (code !== undefined && !isOfTable(code)) problems.push(`the call failed with ${code}, which is in no table`);
  if (message !== undefined && message.length > 10_000) problems.push(`a message of ${message.length} characters`);
  if (ends === "answers" && code !== undefined) problems.push(`it failed with ${code}: ${message}`);
  if (Array.isArray(ends) && !ends.includes(code))
    problems.push(`it ended with ${code ?? got.slice(0, 200)}, not ${ends.join(" or ")}: ${message ?? ""}`);
  if (answer !== undefined && got !== JSON.stringify(answer))
    problems.push(`it answered ${got.slice(0, 300) || `${code}: ${message}`}`);
  return problems;
}

/** Faithful, or refused with a code: the guest has ended then, and waits before the next start. */
function ofEcho({ echo }: Outcome): string[] {
  if (echo === undefined || echo.value === "faithful" || isOfTable(echo.code)) return [];
  return [`its other tool answered ${JSON.stringify(echo)}`];
}

function ofNews({ ended, echo, facts, news }: Outcome, { canary }: Place): string[] {
  const problems: string[] = [];
  const told = news.some(({ what, code }) => what === "crash" && isOfTable(code));
  const crashed = (facts?.crashes ?? 0) > 0 || /^GUEST_(?!BUSY|BREAKER)/.test(ended.code ?? "");
  if (crashed && !told) problems.push(`its guest ended (${ended.code}), and the user is not told`);
  if (JSON.stringify([ended, echo, facts, news]).includes(canary)) problems.push("the canary is in what the core was told");
  return problems;
}

/** A second plugin and a built-in answer as if nothing had been. */
export async function ofOthers(core: Core): Promise<string[]> {
  const innocent = await core.call({ plugin: "innocent", tool: "Echo", input: { text: "faithful" }, timeoutMs: 15_000 });
  await core.builtin();
  return innocent.value === "faithful" ? [] : [`the innocent plugin answered ${JSON.stringify(innocent)}`];
}

/** What a program leaves behind is looked for soon after its end; a second search finds nothing of it. */
async function left({ input }: Place): Promise<boolean> {
  for (let look = 0; look < 50; look++) {
    if (!(await isRunning(`sleep\0${input.port}0`))) return false;
    await setTimeout(100);
  }
  return true;
}

async function isRunning(line: string): Promise<boolean> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.some((found) => found.includes(line));
}

function withServer(grants: Grants, { servers }: Place): Grants {
  const hosts = grants["net.fetch"]?.map((host) => (host === "granted-server" ? `127.0.0.1:${servers.grantedPort}` : host));
  return hosts === undefined ? grants : { ...grants, "net.fetch": hosts };
}

/** Bounds that a loaded machine keeps, of a core that stood some sixty attacks side by side. `mostMiB` is of its resident memory, with all garbage. */
export async function notSmallOrQuick(core: Core, mostMiB = 250): Promise<string[]> {
  const { lagMs, growthMiB, heldMiB, polluted } = await core.measure();
  return [
    ...(lagMs < 500 ? [] : [`the core's loop stood still for ${lagMs.toFixed(0)} ms`]),
    ...(growthMiB < mostMiB ? [] : [`the core's memory grew by ${growthMiB.toFixed(0)} MiB`]),
    ...(heldMiB < 50 ? [] : [`the core holds ${heldMiB.toFixed(0)} MiB more than before`]),
    ...(polluted ? ["all objects of the core have gained a member"] : []),
  ];
}

export async function addInnocent(core: Core): Promise<void> {
  const source = sourceOf({ name: "innocent", class: "authority", tries: "", holds: "" }, "innocent");
  await core.add({
    name: "innocent",
    source,
    manifest: manifestOf("innocent", plainGrants, ["Attack", "Echo"]),
    grants: plainGrants,
  });
  const problems = await ofOthers(core);
  if (problems.length > 0) throw new Error(problems.join("; "));
}
