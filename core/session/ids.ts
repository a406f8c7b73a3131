/** Names of sessions and of their folders. */
import { hash, randomBytes } from "node:crypto";
import { basename } from "node:path";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** `20261122T101530-k3v7qa`: UTC to the second and 30 random bits, so that names sort by time. */
export function newSessionId(now: Date): string {
  const second = now.toISOString().replace(/[-:]/g, "").slice(0, 15);
  const random = [...randomBytes(6)].map((byte) => alphabet[byte % 32]).join("");
  return `${second}-${random}`;
}

/** The folder of a project's sessions: readable, and different for any two roots. */
export function projectFolder(root: string): string {
  const slug = basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${slug || "root"}-${hash("sha256", root, "hex").slice(0, 10)}`;
}
