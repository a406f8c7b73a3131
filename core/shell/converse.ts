/** host.run: a conversation in a runtime of its own, shown as `gantry run` shows it; every question is answered by the caller. */
import { realpath } from "node:fs/promises";
import path from "node:path";
import type { RunHost } from "../contract/host.ts";
import type { FrontEnd } from "../runtime.ts";
import type { HostOptions } from "./host-options.ts";
import { exitOfOutcome } from "./output.ts";
import { sanitizeLine } from "./sanitize.ts";
import { noSessionFlags } from "./session-flags.ts";
import { createSessionView, type SessionView } from "./session-view.ts";
import { start } from "./start.ts";
import { summaryLine } from "./tool-lines.ts";

type Conversation = Parameters<RunHost["converse"]>[0];

export async function converse(conversation: Conversation, { io, signal }: HostOptions): ReturnType<RunHost["converse"]> {
  const own = { ...io, env: environmentOf(conversation, io.env) };
  const shown = { ...io, env: { ...io.env, ...conversation.env } };
  const view = await createSessionView({ io: shown, quiet: false, verbose: false, draw: true, interactive: false });
  const front = frontEnd(conversation, view);
  const flags = {
    ...noSessionFlags,
    config: {
      ...noSessionFlags.config,
      overrides: [
        { key: "model", value: conversation.model, flag: "--model" },
        { key: "permissions.mode", value: "default", flag: "--permission-mode" },
      ],
    },
  };
  const { runtime } = await start({ io: own, cwd: await realpath(conversation.cwd), flags, front, wantCost: true, signal });
  try {
    const session = await runtime.openSession({ signal });
    const cancel = (): void => session.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const sent = session.send([{ type: "text", text: conversation.prompt }], "api");
    if (signal.aborted) session.cancel();
    const outcome = await sent.finally(() => signal.removeEventListener("abort", cancel));
    view.front.clear();
    if (!view.isTerminal && outcome.text !== "") view.out.write(`${outcome.text.replace(/\n$/, "")}\n`);
    view.front.say(summaryLine(outcome, { model: session.model, sessionId: session.id }, lineView(view)));
    return { sessionId: session.id, exit: exitOfOutcome(outcome, signal.aborted ? 130 : undefined), text: outcome.text };
  } finally {
    await runtime.close();
    await view.flush();
  }
}

/** Where things are, from the user's environment; keys and settings only from the caller. This Node comes first on the path. */
function environmentOf({ env }: Conversation, users: HostOptions["io"]["env"]): Record<string, string> {
  const kept = [
    "HOME",
    "LANG",
    "TMPDIR",
    "GANTRY_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
  ];
  const places = kept.flatMap((name) => (users[name] === undefined ? [] : [[name, users[name]]]));
  const PATH = [path.dirname(process.execPath), users["PATH"]].filter(Boolean).join(path.delimiter);
  return { ...Object.fromEntries(places), PATH, ...env };
}

function lineView(view: SessionView): { style: SessionView["style"]; columns: number } {
  return { style: view.style, columns: view.columns() };
}

function frontEnd({ answer }: Conversation, view: SessionView): FrontEnd {
  const { onEvent, onDelta } = view.front;
  return {
    onEvent,
    ...(onDelta ? { onDelta } : {}),
    ask: async ({ call, subject }) => {
      const said = answer({ tool: call.tool, subject });
      view.front.say(
        `${view.style.yellow("?")} ${sanitizeLine(`Allow ${call.tool}: ${subject}`)} ${view.style.dim(`→ ${said}, answered by the script`)}`,
      );
      return said === "yes" ? { choice: "once" } : { choice: "no", reason: "answered by the script" };
    },
  };
}
