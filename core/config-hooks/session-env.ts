/**
 * What hooks leave for later shells of a session: `export NAME=value` lines of its file, values plain, quoted or both.
 * Nothing is expanded and nothing is run: a line that would need a shell is reported and has no effect.
 */

export interface SessionEnv {
  env: Record<string, string>;
  /** One sentence for each line that was not taken. */
  problems: string[];
}

/** Where the files are is the owner's; `make` and `read` are workers/hook-env-file.ts. */
export interface SessionEnvDeps {
  folder(sessionId: string): string;
  make(folder: string): Promise<string>;
  read(path: string): Promise<string>;
}

export interface SessionEnvs {
  /** For HookRunDeps: the session's file, made when first asked for. */
  envFile(sessionId: string): Promise<string>;
  /** What the hooks of the session have left by now; nothing where no hook was given the file. */
  sessionEnv(sessionId: string): Promise<SessionEnv>;
}

export function createSessionEnvs({ folder, make, read }: SessionEnvDeps): SessionEnvs {
  const files = new Map<string, Promise<string>>();
  return {
    envFile(sessionId) {
      let file = files.get(sessionId);
      if (file !== undefined) return file;
      file = make(folder(sessionId));
      // One that could not be made is tried again by the next hook.
      file.catch(() => files.delete(sessionId));
      files.set(sessionId, file);
      return file;
    },
    async sessionEnv(sessionId) {
      const file = files.get(sessionId);
      return file === undefined ? { env: {}, problems: [] } : parseSessionEnv(await read(await file));
    },
  };
}

export function parseSessionEnv(text: string): SessionEnv {
  const env: Record<string, string> = {};
  const problems: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [, name, written] = /^export\s+([A-Za-z_]\w*)=(.*)$/.exec(trimmed) ?? [];
    const value = written === undefined ? undefined : literal(written);
    if (name === undefined || value === undefined) problems.push(refusal(index + 1, trimmed));
    else env[name] = value;
  }
  return { env, problems };
}

function refusal(line: number, text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return `line ${line} of the session's env file has no effect: ${shown} (export NAME=value with a literal value is read, nothing is run)`;
}

/** The value of a word without expansions; undefined when a shell would have to be asked. */
function literal(word: string): string | undefined {
  const piece = /'([^']*)'|"((?:[^"\\$`]|\\[\\"$`])*)"|\\(.)|([^\s'"\\$`;&|<>()*?[\]~#]+)/y;
  let value = "";
  while (piece.lastIndex < word.length) {
    const at = piece.lastIndex;
    const match = piece.exec(word);
    if (!match) return /^\s+(?:#.*)?$/.test(word.slice(at)) ? value : undefined;
    const [, single, double, escaped, plain] = match;
    value += single ?? double?.replace(/\\(.)/g, "$1") ?? escaped ?? plain ?? "";
  }
  return value;
}
