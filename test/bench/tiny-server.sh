#!/bin/sh
# The smallest MCP server, cheap enough to be started a thousand times: a tool that answers at once, or the list of a file.
while read -r line; do
  id=${line##*\"id\":}
  id=${id%%[,\}]*}
  case $line in
    *'"method":"initialize"'*) result='{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"tiny","version":"1"}}' ;;
    *'"method":"tools/list"'*)
      if [ $# -gt 0 ]; then read -r tools <"$1"; else tools='[{"name":"echo","description":"Answers.","inputSchema":{"type":"object"}}]'; fi
      result="{\"tools\":$tools}"
      ;;
    *'"method":"tools/call"'*) result='{"content":[{"type":"text","text":"hello"}]}' ;;
    *'"method":"ping"'*) result='{}' ;;
    *) continue ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
