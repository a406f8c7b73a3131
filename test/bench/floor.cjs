// The floor: what a bare Node script needs for the same HTTP, SSE and file work, with the same durability, and nothing else.
// node floor.cjs URL LOG PROMPT [HISTORY]
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");

const [url, log, prompt, history] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

function ask(messages) {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ model: "floor", max_tokens: 1024, stream: true, messages });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = http.request(`${url}/v1/messages`, { method: "POST", agent, headers }, (response) => {
      const content = [];
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop();
        for (const line of lines) if (line.startsWith("data: ")) take(JSON.parse(line.slice(6)), content);
      });
      response.on("end", () => resolve(content));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function take(event, content) {
  if (event.type === "content_block_start") content.push({ ...event.content_block, json: "" });
  if (event.type !== "content_block_delta") return;
  const block = content[content.length - 1];
  if (event.delta.type === "text_delta") {
    block.text += event.delta.text;
    process.stdout.write(event.delta.text);
  } else if (event.delta.type === "input_json_delta") block.json += event.delta.partial_json;
}

async function act(name, input) {
  if (name === "Bash") return await shell(input.command);
  const text = await fs.promises.readFile(input.file_path, "utf8");
  if (name === "Read") return text;
  const next = text.replace(input.old_string, input.new_string);
  const handle = await fs.promises.open(`${input.file_path}.tmp`, "w");
  await handle.writeFile(next);
  await handle.sync();
  await handle.close();
  await fs.promises.rename(`${input.file_path}.tmp`, input.file_path);
  return next;
}

function shell(command) {
  return new Promise((resolve) => {
    const child = spawn("/bin/bash", ["-c", command], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.on("close", () => resolve(output));
  });
}

async function keep(entry) {
  const handle = await fs.promises.open(log, "a");
  await handle.write(`${JSON.stringify(entry)}\n`);
  await handle.datasync();
  await handle.close();
}

async function main() {
  const messages = [];
  if (history) for (const line of fs.readFileSync(history, "utf8").trim().split("\n")) addTo(messages, JSON.parse(line));
  messages.push({ role: "user", content: prompt });
  await keep(messages[messages.length - 1]);
  for (;;) {
    const content = (await ask(messages)).map(({ json, ...block }) =>
      block.type === "tool_use" ? { ...block, input: JSON.parse(json || "{}") } : block,
    );
    messages.push({ role: "assistant", content });
    const calls = content.filter((block) => block.type === "tool_use");
    if (calls.length === 0) break;
    const results = [];
    for (const { id, name, input } of calls) {
      if (name !== "Read") await keep({ start: id });
      results.push({ type: "tool_result", tool_use_id: id, content: await act(name, input) });
    }
    messages.push({ role: "user", content: results });
    await keep([content, results]);
  }
  await keep(messages[messages.length - 1]);
  agent.destroy();
}

/** A line of one of our session logs: what of it a model sees. */
function addTo(messages, event) {
  const last = messages[messages.length - 1];
  if (event.type === "input") messages.push({ role: "user", content: event.data.content });
  else if (event.type === "answer") {
    const content = event.data.message.content.map((block) =>
      block.type === "tool_call" ? { type: "tool_use", id: block.callId, name: block.name, input: block.input } : block,
    );
    messages.push({ role: "assistant", content });
  } else if (event.type === "tool.result") {
    const result = { type: "tool_result", tool_use_id: event.data.callId, content: event.data.content };
    if (last.role === "user") last.content.push(result);
    else messages.push({ role: "user", content: [result] });
  }
}

void main();
