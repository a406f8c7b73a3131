/** A plan, and how one thing that it asks for is named in a question of its own. */
import type { Host } from "gantry/plugin";

export type Plan = Awaited<ReturnType<Host["plugins"]["plan"]>>;
export type Words = Plan["asks"][number];

export const askWords = ({ words, kind, isWide }: Words): string => `${isWide ? "! " : ""}${words}  [${kind}]`;
