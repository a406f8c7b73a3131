/** What goes into the bundler's process and what comes out of it, as one JSON text each. Plain data. */

export interface BundleRequest {
  /** The plugin's folder: absolute and real. */
  root: string;
  /** The module, relative to it. */
  main: string;
  /** Of the sources that go in. */
  maxSourceBytes: number;
  maxSourceFiles: number;
}

export interface BundleProblem {
  /** One sentence; names files relative to the plugin's folder. */
  text: string;
  file?: string;
  /** From 1. */
  line?: number;
  column?: number;
}

export type BundleAnswer =
  | {
      ok: true;
      source: string;
      /** Relative to the plugin's folder, sorted, with what each takes of the bundle. */
      inputs: { file: string; bytes: number }[];
    }
  | { ok: false; problems: BundleProblem[]; tooLarge?: true };
