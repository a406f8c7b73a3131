import { expect, test } from "vitest";
import { readShellLine } from "../../core/permission/shell/line.ts";
import { uncoverable } from "../../core/permission/shell/program-flags.ts";

function objectionTo(line: string): string | undefined {
  const read = readShellLine(line);
  const [command] = read.commands;
  if (command === undefined) throw new Error(`${line} is undecided: ${read.undecided}`);
  return uncoverable(command.words);
}

test.each([
  ...[
    "git --namespace x -c 'alias.z=!id' z",
    "git --attr-source x -c 'alias.z=!id' z",
    "git --super-prefix x -c 'alias.z=!id' z",
  ],
  ...[
    "git -C evil log",
    "git z",
    "git log --output=x",
    "git log --ext-diff",
    "git log --outp=x",
    "git bisect run x",
    "git config a b",
  ],
  ...["git grep -O x", "git rebase -x id", "git rebase --exec id", "git merge -s evil x", "git archive -o x HEAD"],
  ...["git fetch --upload-pack id o", "git push ext::sh x", "git push ./evil HEAD", "git clone -c a=b x", "git commit -p"],
  ...["git constructor", "docker run x", "docker exec a id", "docker compose run a", "docker compose -f x.yml up"],
  ...[
    "npm test -C evil",
    "npm test -script-shell=./x",
    "npm test ---script-shell ./x",
    "npm test --script-sh=./x",
    "npm exec x",
  ],
  ...["npm --silent true exec x", "npm conf set a b", "npm x", "npm --prefix evil test"],
  ...["sed -l 5p '1e touch pwn' f", "sed --line-length 5p '1e id' f", "sed -i p f", "sed 'w x' f", "sed -n -e p -ne 'w x' y"],
  ...["sed -f x", "sed 'w x' -e p", "sed -- 'w x' f", "sed --expr='w x' f", "sed -s --expression='w x' f"],
  ...[
    "tar cIf 'touch pwn' o.tar f",
    "tar -cI sh f",
    "tar xf a.tar --to-command=sh",
    "tar --use-compress=sh",
    "tar cf host:x f",
  ],
  ...[
    "tar cFf sh x",
    "tar -T list",
    "curl --trace-ascii f x",
    "curl --remote-name-all x",
    "curl -so x y",
    "curl -w @x y",
    "curl -K x",
  ],
  ...["find . -delete", "find . -exec id", "find . -fprint x", "find . -name -delete", "find . -files0-from x", "fd -x id"],
  ...["sort -o x y", "sort --compress-prog=sh y", "uniq -f 1 a b", "awk 'BEGIN{system(1)}'", "awk -f x", "awk 'BEGIN{@f()}'"],
  ...[
    "rg --pre=sh x",
    "rg --pre sh x",
    "go test -exec sh",
    "go test --toolexec=sh",
    "cargo --config x build",
    "cargo +/x/y build",
  ],
  ...[
    "make SHELL=./x",
    "make -f x",
    "make -C x",
    "less '+!id' f",
    "vim x",
    "wget x",
    "rsync -e sh a b",
    "scp -oProxyCommand=id a b",
  ],
  ...[
    "date -s x",
    "date 01010101",
    "/usr/bin/ENV rm",
    "prlimit rm",
    "ld-linux-x86-64.so.2 rm",
    "gdb x",
    "xvfb-run x",
    "perf stat x",
  ],
])("a prefix rule does not cover %j", (line) => expect(objectionTo(line)).toBeTypeOf("string"));

test.each([
  ...[
    "git log --oneline -n 5 -- src",
    "git log -5 --format=%H --since '2 days'",
    "git diff --stat main..HEAD",
    "git status -sb",
  ],
  ...[
    "git commit -am 'a message'",
    "git push -u origin main",
    "git checkout -b x",
    "git --no-pager show HEAD",
    "git stash",
    "git add -A",
  ],
  ...[
    "git rebase main",
    "git fetch --all --prune",
    "git clone https://example.com/a.git",
    "git grep -n x",
    "git rev-parse --show-toplevel",
  ],
  ...["git blame -L 1,5 x", "git ls-files -m", "git branch -vv", "git pull --rebase", "git", "git --version"],
  ...[
    "npm test",
    "npm test -- --watch=false",
    "npm run build --silent",
    "npm ci",
    "npm install -D x",
    "npm -w a test",
    "npm --version",
  ],
  ...["sed -n 5p f", "sed -ne 5,10p f", "sed 's/a/b/g' f", "sed -E -e 's/a/b/' f", "sed -- 5p f"],
  ...["tar tf a.tar", "tar -xzf a.tgz -C out", "tar czf a.tgz src", "tar --list --file=a.tar"],
  ...["curl -sSL -H 'A: b' https://example.com", "curl -s -X POST --data '{}' http://localhost:1/", "curl -I x"],
  ...[
    "find . -name x -type f -mtime -7",
    "find . -maxdepth 2 -size +1k -print0",
    "fd -e ts x",
    "sort -u -k 2 f",
    "sort -k2,2n f",
    "uniq -c f",
  ],
  ...[
    "rg -n -A3 -g src/a x",
    "awk -F : '{print NF}' f",
    "go test ./... -run X -count=1",
    "go build",
    "cargo test --all -p x -- --nocapture",
  ],
  ...[
    "make -j4 test",
    "make test",
    "docker ps -a",
    "docker logs -f x",
    "docker compose up -d",
    "less f",
    "date -u +%F",
    "rsync -av a b",
  ],
  ...["ls --anything", "node x.js --flag"],
])("a prefix rule covers %j", (line) => expect(objectionTo(line)).toBeUndefined());
