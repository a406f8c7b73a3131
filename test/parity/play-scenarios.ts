/** `parity run` through the built command, or through a copy of it in which tools are broken on purpose. */
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { bench } from "../support/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Played {
  name: string;
  category: string;
  reference?: number;
  verdict: "PASS" | "FAIL" | "MISSING" | "INVALID";
  missing: string[];
  items: string[];
  failures: { at: string; what: string; wanted?: string; found?: string }[];
}

export async function playScenarios(names: readonly string[], options: { launcher?: string } = {}): Promise<Played[]> {
  const { gantry, file } = await bench([]);
  const { stdout, stderr } = await gantry(["parity", "run", ...names, "--report", "report.json", "--jobs", "2"], options);
  const report = await file("report.json").catch((cause: unknown) => {
    throw new Error(`there is no report: ${stdout}\n${stderr}`, { cause });
  });
  return (JSON.parse(report) as { scenarios: Played[] }).scenarios;
}

export interface BrokenBuild {
  launcher: string;
  /**
   * From now on these tools answer with nothing, whatever they are asked; or, as `wrongly`, write and say something else than
   * what they should. All others are as they were.
   */
  breaks(tools: readonly string[], how?: "wrongly"): Promise<void>;
  remove(): Promise<void>;
}

/** The real tool with a text that it was not given, and letters and marks of its answer that are others. */
const wrongly = `async(input,ctx)=>{
  const wrong=(text)=>text.replace(/[a-z]/gi,"z").replace(/\\[.\\]/g,"[?]");
  const given={...input};
  for(const key of ["new_string","content"])if(typeof given[key]==="string")given[key]+="wrong";
  const answer=await tool.execute(given,ctx);
  if(typeof answer==="string")return wrong(answer);
  if(typeof answer.content==="string")return{...answer,content:wrong(answer.content)};
  return{...answer,content:answer.content.map((part)=>part.type==="text"?{...part,text:wrong(part.text)}:part)};
}`;

/** A copy of what is built. Its tools are broken where the thread calls them: dist/tool-thread.cjs. */
export async function copyToBreak(): Promise<BrokenBuild> {
  const copy = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-broken-")));
  for (const name of ["dist", "bin", "package.json"])
    await cp(path.join(root, name), path.join(copy, name), { recursive: true });
  await symlink(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  const thread = path.join(copy, "dist/tool-thread.cjs");
  const whole = await readFile(thread, "utf8");
  const calls = /await (\w+)\.execute\(/g;
  if ([...whole.matchAll(calls)].length !== 1)
    throw new Error("dist/tool-thread.cjs does not call a tool's execute at one place");
  return {
    launcher: path.join(copy, "bin/gantry.cjs"),
    async breaks(tools, how) {
      const execute = how === undefined ? '()=>""' : wrongly;
      const broken = `function broken(tool){return ${JSON.stringify(tools)}.includes(tool.name)?{execute:${execute}}:tool}`;
      await writeFile(thread, `${whole.replace(calls, "await broken($1).execute(")}\n${broken}\n`);
    },
    remove: () => rm(copy, { recursive: true, force: true, maxRetries: 5 }),
  };
}
