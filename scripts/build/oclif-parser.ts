/**
 * oclif's Parser without what only its other half needs. Its files reach for the logger, the theme, the whole of help and
 * readline, and with them for 150 KB and 14 ms of every start; with these stand-ins the Parser costs 2 ms. Help itself is a
 * lazy chunk and keeps the real ones: only what the parser's own files import is replaced.
 */
import type { Plugin } from "esbuild";

const standIns: Record<string, string> = {
  "../cache": "exports.__esModule=true;exports.default={getInstance:()=>new Map()};",
  "../logger": "exports.makeDebug=()=>()=>{};",
  "../ux/list": "exports.__esModule=true;exports.default=(rows)=>rows.map((row)=>row.filter(Boolean).join('  ')).join('\\n');",
  "../ux/theme": "exports.colorize=(color,text)=>text;",
  "./help": "exports.flagUsages=()=>[];",
  "../errors":
    "exports.CLIError=class CLIError extends Error{constructor(error,options){super(error instanceof Error?error.message:error);this.oclif={exit:options?.exit??2}}};",
  // Our arguments are declared `ignoreStdin`: the parser never reads.
  "node:readline": "exports.createInterface=()=>{throw new Error('the parser does not read stdin')};",
};

const parserFiles = /@oclif[\\/]core[\\/]lib[\\/]parser[\\/]/;
const oclifFiles = /@oclif[\\/]core[\\/]/;

export const leanOclifParser: Plugin = {
  name: "lean-oclif-parser",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^typescript$/ }, ({ importer }) =>
      oclifFiles.test(importer) ? { path: "typescript", external: true } : null,
    );
    onResolve({ filter: /^(\.\.?\/|node:readline$)/ }, ({ path, importer }) =>
      parserFiles.test(importer) && Object.hasOwn(standIns, path) ? { path, namespace: "lean-oclif-parser" } : null,
    );
    onLoad({ filter: /./, namespace: "lean-oclif-parser" }, ({ path }) => ({ contents: standIns[path] ?? "", loader: "js" }));
  },
};
