/** The MCP thread's entry: its port and its data are the core's. */
import { parentPort, workerData } from "node:worker_threads";
import type { FromMcp, McpThreadData, ToMcp } from "../../../core/contract/mcp-frames.ts";
import { takeFrames } from "./take-frames.ts";

const port = parentPort;
if (port === null) throw new Error("The MCP thread is started by the core, as a thread.");
const post = (frame: FromMcp): void => port.postMessage(frame);
const take = takeFrames(workerData as McpThreadData, { post, onEnd: () => port.close() });

port.on("message", (frame: ToMcp) => {
  void take(frame).catch((error: unknown) => {
    // Of a frame's own handling, not of a server: the thread is broken, and the core starts another.
    queueMicrotask(() => {
      throw error;
    });
  });
});
post({ type: "up" });
