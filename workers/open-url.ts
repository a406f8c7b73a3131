/** Opens an address in the user's browser: a program of the system's, without a shell, that outlives this process. */
import { spawn } from "node:child_process";
import { isForChildren } from "./child-env.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What an opener that fails has to say so. */
const failsWithinMs = 2_000;

/** False where nothing here can show it, or the opener said that it could not. Never rejects. `url` is http or https. */
export async function openUrl(url: string, env: Env, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  const argv = openerOf(env, platform);
  if (argv === undefined) return false;
  const [program, ...args] = argv;
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => isForChildren(name)));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn(program, [...args, url], { detached: true, stdio: "ignore", env: own, cwd: "/" });
  const timer = setTimeout(() => resolve(true), failsWithinMs);
  child.on("error", () => resolve(false)).on("exit", (code) => resolve(code === 0));
  child.unref();
  return await promise.finally(() => clearTimeout(timer));
}

/** Undefined on a machine without a display. */
function openerOf(env: Env, platform: NodeJS.Platform): [string, ...string[]] | undefined {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const hasDisplay = [env["DISPLAY"], env["WAYLAND_DISPLAY"]].some((display) => display !== undefined && display !== "");
  return hasDisplay ? ["xdg-open"] : undefined;
}
