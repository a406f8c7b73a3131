/** Answers that are errors of HTTP: a status, and the reason as a JSON-RPC error without an id. */
import type { ServerResponse } from "node:http";
import { type Refusal, refusalOf } from "./inbound.ts";

export interface HttpRefusal {
  status: number;
  body: Refusal;
  headers?: Readonly<Record<string, string>>;
}

const serverError = -32_000;

export function refused(status: number, message: string, headers: HttpRefusal["headers"] = {}): HttpRefusal {
  return { status, body: refusalOf(serverError, message), headers };
}

export function answerRefusal(response: ServerResponse, { status, body, headers = {} }: HttpRefusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}
