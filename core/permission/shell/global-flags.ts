/**
 * Programs with subcommands, and where the subcommand stands behind flags of the program itself: `git -C . push` is a push.
 * Used by deny and ask rules only. Of a flag that is not listed nobody knows whether the next word is its value: both are
 * looked at.
 */
import type { LooseWord } from "./loose-word.ts";

interface CliRow {
  /** Flags that stand alone, and those whose value is joined by `=` or the next word; without dashes. */
  flags: ReadonlySet<string>;
  valued: ReadonlySet<string>;
}

export interface Subcommands {
  /** Each place where the subcommand may begin. */
  at: readonly number[];
  /** The word that may become any subcommand, alone or with others. */
  open?: number;
}

const container = [
  "D debug tls tlsverify v version r remote",
  "H host c context config l log-level tlscacert tlscert tlskey connection url identity",
] as const;
const cluster = [
  "insecure-skip-tls-verify match-server-version disable-compression warnings-as-errors",
  "n namespace s server context cluster user kubeconfig token as as-group as-uid cache-dir request-timeout v username password",
] as const;
const compose = [
  "all-resources compatibility dry-run",
  "f file p project-name profile env-file project-directory parallel progress ansi",
] as const;
const npm = [
  "s silent q quiet d g global no-audit no-fund force ignore-scripts json ws workspaces if-present",
  "prefix C dir w workspace filter F cache userconfig globalconfig registry loglevel tag otp cwd",
] as const;
const apt = ["y yes q qq assume-yes s simulate no-install-recommends f", "o option c config-file t target-release"] as const;

/** Flags alone, flags with values. A name with a space: the flags behind that subcommand. */
const clis = new Map<string, CliRow>(
  Object.entries<readonly [string, string]>({
    git: [
      "p paginate P no-pager bare no-replace-objects literal-pathspecs glob-pathspecs noglob-pathspecs icase-pathspecs no-optional-locks no-lazy-fetch no-advice exec-path html-path man-path info-path v version h help",
      "C c git-dir work-tree namespace super-prefix config-env attr-source",
    ],
    ...{ npm, pnpm: npm, yarn: npm, bun: npm, "npm run": npm, "npm run-script": npm, "pnpm run": npm, "yarn run": npm },
    ...{ docker: container, podman: container, nerdctl: container },
    ...{ "docker compose": compose, "podman compose": compose, "docker-compose": compose },
    ...{ kubectl: cluster, oc: cluster, helm: cluster },
    cargo: ["v vv q verbose quiet locked offline frozen", "color config Z C"],
    rustup: ["v q verbose quiet", ""],
    gh: ["help version", "R repo hostname"],
    glab: ["", "R repo"],
    hg: ["y q v noninteractive quiet verbose debug traceback profile hidden", "R repository cwd config encoding color pager"],
    svn: ["non-interactive no-auth-cache trust-server-cert", "username password config-dir config-option"],
    jj: ["ignore-working-copy ignore-immutable debug quiet no-pager", "R repository at-operation color config"],
    terraform: ["help version", "chdir"],
    tofu: ["help version", "chdir"],
    pulumi: ["non-interactive logtostderr", "C cwd color v"],
    aws: [
      "debug no-verify-ssl no-paginate no-sign-request no-cli-pager",
      "endpoint-url output query profile region version color ca-bundle cli-read-timeout cli-connect-timeout",
    ],
    gcloud: ["q quiet", "project account configuration format verbosity region zone impersonate-service-account"],
    az: ["debug verbose only-show-errors", "output o query subscription"],
    systemctl: ["user system global no-pager q quiet f force now no-block", "H host M machine t type state p property"],
    apt,
    "apt-get": apt,
    dnf: ["y q v", "c config x exclude setopt enablerepo disablerepo"],
    yum: ["y q v", "c config x exclude setopt enablerepo disablerepo"],
    pip: ["q v quiet verbose isolated no-input", "proxy log cache-dir timeout retries python"],
    pip3: ["q v quiet verbose isolated no-input", "proxy log cache-dir timeout retries python"],
    ...{ uv: ["q v offline", "directory project config-file color cache-dir"], poetry: ["q v n", "C directory P project"] },
    ...{ brew: ["q v d", ""], gem: ["", "config-file"], bundle: ["", ""], composer: ["q v n", "d working-dir"] },
    ...{ deno: ["q quiet", "L log-level"], flyctl: ["", "a app t access-token"], fly: ["", "a app t access-token"] },
    ...{ heroku: ["", "a app r remote"], vercel: ["", "cwd t token S scope"], wrangler: ["", "c config e env"] },
    ...{ vagrant: ["", ""], ansible: ["", ""], mvn: ["q o B", "f file P D s"], gradle: ["q", "p project-dir b D P"] },
    ...{ go: ["", "C"], dotnet: ["d", ""], gsutil: ["m q", "o h"], firebase: ["", "P project token"], doctl: ["", "t c"] },
  }).map(([name, [flags, valued]]) => [name, { flags: setOf(flags), valued: setOf(valued) }]),
);

function setOf(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

export function hasSubcommands(name: string): boolean {
  return clis.has(name);
}

const mostPlaces = 16;

/** Undefined for a program without a row. `name`: its bare name, or that of a subcommand with a row; `from` is behind it. */
export function subcommandsOf(name: string, words: readonly LooseWord[], from: number): Subcommands | undefined {
  const row = clis.get(name);
  if (row === undefined) return undefined;
  const at: number[] = [];
  let open: number | undefined;
  const places = [from];
  // In order, so that each place is looked at once.
  for (let place = from; place < words.length; place++) {
    if (!places.includes(place)) continue;
    const word = words[place];
    if (word === undefined) break;
    const step = readWord({ name, row, word, next: words[place + 1] });
    if (step === "subcommand") at.push(place);
    else if (typeof step === "object") {
      if (step.open !== undefined) open ??= place + step.open;
      places.push(...step.skips.map((skip) => place + skip));
    }
    if (at.length > mostPlaces || places.length > mostPlaces * 4) return { at, open: open ?? place };
  }
  return { at, ...(open !== undefined && { open }) };
}

interface Step {
  skips: readonly number[];
  /** The word so far behind this one may become any subcommand. */
  open?: number;
}

interface Place {
  name: string;
  row: CliRow;
  word: LooseWord;
  next: LooseWord | undefined;
}

function readWord({ name, row, word, next }: Place): "subcommand" | Step {
  const { start, isOpen, isOne } = word;
  if (isOpen && (start === "" || (start.startsWith("-") && !isOne))) return { skips: [], open: 0 };
  if (start.startsWith("+") && (name === "cargo" || name === "rustup")) return { skips: [1] };
  if (!start.startsWith("-") || start === "-") return "subcommand";
  const [flag = "", value] = splitFlag(start);
  if (value !== undefined || flag === "" || (row.flags.has(flag) && !isOpen))
    return { skips: [1], ...ownAlias(name, flag, value) };
  const isLoose = next?.isOpen === true && !next.isOne;
  const isKnown = next?.isOpen !== true || next.start.includes("=");
  const ofNext = isLoose ? { open: 1 } : ownAlias(name, flag, isKnown ? next?.start : undefined, 1);
  return { skips: row.valued.has(flag) && !isOpen ? [2] : [1, 2], ...ofNext };
}

function splitFlag(word: string): [string, string | undefined] {
  const text = word.replace(/^-+/, "");
  const end = text.indexOf("=");
  return end === -1 ? [text, undefined] : [text.slice(0, end), text.slice(end + 1)];
}

/** A setting of git that gives a name to other commands. An unknown one, too. */
function ownAlias(name: string, flag: string, value: string | undefined, at = 0): { open?: number } {
  if (name !== "git" || (flag !== "c" && flag !== "config-env")) return {};
  return value === undefined || /^(?:alias|include|includeif)\./i.test(value) ? { open: at } : {};
}
