/** Words of a stranger's server made fit to be shown: no control characters, no secret of this login, cut. */

/** The values that must not be shown; grows during a login. */
export interface Secrets {
  add(...values: (string | undefined)[]): void;
  /** One line of at most 300 characters. A secret that the other side echoes, also percent-encoded, becomes `[secret]`. */
  clean(text: string): string;
}

const maxShown = 300;
const minSecret = 6;
const maxKept = 200;

export function createSecrets(): Secrets {
  const values = new Set<string>();
  return {
    add: (...added) => {
      for (const value of added) {
        if (value === undefined || value.length < minSecret) continue;
        // The newest are kept: an old code or verifier is worth nothing.
        for (const form of [value, encodeURIComponent(value)]) {
          values.delete(form);
          values.add(form);
        }
        for (const oldest of values) {
          if (values.size <= maxKept) break;
          values.delete(oldest);
        }
      }
    },
    clean: (text) => {
      // What is searched is bounded.
      const isCut = text.length > maxShown * 4;
      let shown = text.slice(0, maxShown * 4);
      for (const value of longestFirst(values)) shown = shown.replaceAll(value, "[secret]");
      if (isCut) shown = withoutCutSecret(shown, values);
      return oneLine(shown).slice(0, maxShown);
    },
  };
}

function longestFirst(values: Set<string>): string[] {
  return [...values].sort((a, b) => b.length - a.length);
}

function oneLine(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g, " ").trim();
}

/** The cut may have left the beginning of a secret at the end. */
function withoutCutSecret(text: string, values: Set<string>): string {
  for (const value of values) {
    for (let length = Math.min(value.length - 1, text.length); length >= minSecret; length -= 1) {
      if (text.endsWith(value.slice(0, length))) return `${text.slice(0, -length)}[secret]`;
    }
  }
  return text;
}
