/** A call that the server refuses until the user has been at an address (-32042): which addresses, and the wait for each. */
import type { McpError } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "./schema-shape.ts";

const urlElicitationRequired = -32042;
const maxQuestions = 8;

export interface UrlQuestion {
  message: string;
  url: string;
  elicitationId: string;
}

/** Undefined where the error is another one, or names no address. */
export function elicitationsOf({ code, data }: McpError): UrlQuestion[] | undefined {
  const all: unknown = code === urlElicitationRequired && isObject(data) ? data["elicitations"] : undefined;
  if (!Array.isArray(all) || all.length === 0 || all.length > maxQuestions) return undefined;
  const questions = all.flatMap((one): UrlQuestion[] => {
    if (!isObject(one)) return [];
    const { message, url, elicitationId } = one;
    return typeof message === "string" && typeof url === "string" && typeof elicitationId === "string"
      ? [{ message, url, elicitationId }]
      : [];
  });
  return questions.length === all.length ? questions : undefined;
}

export interface Completions {
  completed(elicitationId: string): void;
  /** Resolves when the server has said that each is complete, or at the bound: saying it is left to the server. */
  wait(ids: readonly string[], boundMs: number, signal: AbortSignal): Promise<void>;
}

const maxRemembered = 100;

export function createCompletions(): Completions {
  const known = new Set<string>();
  const waits = new Set<() => void>();
  return {
    completed(elicitationId) {
      known.add(elicitationId);
      const [oldest] = known;
      if (known.size > maxRemembered && oldest !== undefined) known.delete(oldest);
      for (const check of waits) check();
    },
    async wait(ids, boundMs, signal) {
      const done = Promise.withResolvers<void>();
      const check = (): void => {
        if (ids.every((id) => known.has(id))) done.resolve();
      };
      const bound = setTimeout(done.resolve, boundMs);
      const aborted = (): void => done.resolve();
      signal.addEventListener("abort", aborted, { once: true });
      waits.add(check);
      check();
      await done.promise;
      clearTimeout(bound);
      signal.removeEventListener("abort", aborted);
      waits.delete(check);
    },
  };
}
