/**
 * The imports that SES lets through to the engine: `import.source(…)` and `import.defer(…)` are loads of the host's, which hand
 * out WebAssembly.Module, errors of Node.js itself and the knowledge which files there are (test/faults/attacks/authority-text.ts).
 */

// With a comment or an escape behind the dot, too. Behind the word itself, SES refuses comments.
const phased = /\bimport\s*\.\s*(?:source\b|defer\b|\\|\/[/*])/;

/** The text as it is, for a Compartment's `transforms`: bundle and made code alike. SyntaxError. */
export function refusePhasedImports(source: string): string {
  const found = phased.exec(source)?.[0];
  if (found === undefined) return source;
  throw new SyntaxError(
    `Possible ${found.replace(/\s+/g, "")} expression rejected; a plugin is one bundle, and loads nothing.`,
  );
}
