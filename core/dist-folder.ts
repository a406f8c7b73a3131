/** The folder of the bundles and manifests. A source file finds it beside core/; a bundle lies in it. */
import path from "node:path";

export const distFolder: string =
  path.basename(import.meta.dirname) === "dist" ? import.meta.dirname : path.join(import.meta.dirname, "..", "dist");
