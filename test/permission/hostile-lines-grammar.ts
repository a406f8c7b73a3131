// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of a shell
/** A grammar of hostile lines: parts that hide what they start, put into each other, and broken at any place. */
import fc from "fast-check";

const raw = String.raw;
const quoted = (text: string): string => `'${text.replaceAll("'", raw`'\''`)}'`;
const inDouble = (text: string): string => `"${text.replace(/["$`\\]/g, raw`\$&`)}"`;

const plain = [
  "rm x",
  "ls",
  "ls -l",
  "echo a",
  "echo rm x",
  "git log",
  "echo 'a; rm x'",
  'ls "a b"',
  "true",
  "false",
  "cat list.txt",
];
const spellings = [
  ...[raw`r\m x`, `"r"m x`, "'rm' x", raw`$'\x72m' x`, raw`\rm x`, `r""m x`, `$"rm" x`, `r\\\nm x`, "/bin/rm x", "rm${IFS}x"],
  ...[
    "X=rm; $X x",
    "${Y:-rm} x",
    "r${Y}m x",
    "{rm,x}",
    "$(echo rm) x",
    "`echo rm` x",
    "X=m; r$X x",
    "/bin/?m x",
    "X=(rm x); ${X[@]}",
  ],
];
const wrapped = [
  ...["command rm x", "builtin command rm x", "eval rm x", "eval 'rm x'", "eval 'r''m' x", "exec rm x", "A=1 rm x", "! rm x"],
  ...[
    "time rm x",
    "env rm x",
    "env A=1 rm x",
    "env -S 'rm x'",
    "timeout 9 rm x",
    "nice -n 1 rm x",
    "nohup rm x",
    "xargs rm < list.txt",
  ],
  ...[
    "echo x | xargs rm",
    "xargs -I{} rm {} < list.txt",
    "sh -c 'rm x'",
    `bash -c "rm x"`,
    "bash -ec 'ls; rm x'",
    "trap 'rm x' EXIT",
  ],
  ...["find . -maxdepth 0 -exec rm {} +", raw`find . -maxdepth 0 -exec sh -c 'rm x' \;`, "coproc rm x", "f() { rm x; }; f"],
  ...[
    "ls() { rm x; }; ls",
    "echo rm x | sh",
    "sh <<< 'rm x'",
    "read c <<< 'rm x'; $c",
    "c='rm x'; eval \"$c\"",
    "hash -p /bin/rm ls; ls",
  ],
  ...[
    "alias ls='rm x;'",
    "shopt -s expand_aliases",
    "echo x >/dev/null",
    "ls 2>&1",
    "ls # rm x",
    "nice",
    "env",
    "echo $((1+1))",
  ],
];

const odd = [
  ...[
    "function f { rm x; }; f",
    "function f () ( rm x ); f",
    "case x in x) ls ;& y) rm x ;; esac",
    "case x in x) ls ;;& *) rm x ;; esac",
  ],
  ...[
    "case rm in (rm) rm x;; esac",
    'a=(rm x); "${a[@]}"',
    "a[0]=rm; $a x",
    "declare -a a=(ls); rm x",
    "((1)) && rm x",
    "((0)) || rm x",
  ],
  ...[
    "((rm x); ls)",
    "( (rm x); ls)",
    "echo $((rm x); ls)",
    "echo $((rm x); (ls))",
    "echo $( (rm x) )",
    "echo $[1+1]; rm x",
    "echo $[$(rm x)1]",
  ],
  ...[
    "x='$(rm x)'; echo ${x@P}",
    "x='a[$(rm x)]'; echo $[x]",
    "rm x |& cat",
    "! rm x",
    "! ! rm x",
    "time -p rm x",
    "time -- rm x",
    "time ! rm x",
  ],
  ...[
    "ls; # a\nrm x",
    "ls;# a\nrm x",
    "ls #\\\nrm x",
    "echo a#b;rm x",
    "echo #a;rm x\nrm x",
    "ls $#; rm x",
    "ls ${#x}; rm x",
    "ls $(# a)\nrm x)",
  ],
  ...[
    "shopt -s extglob\n/bin/@(rm) x",
    "echo !(rm x)",
    "echo @(a|b); rm x",
    "[[ x = @(x|y) ]] && rm x",
    "ls\r\nrm x",
    "rm\r x",
    "coproc rm x",
    "coproc C { rm x; }",
  ],
  ...[
    "cat <<-EOF\n\t$(rm x)\n\tEOF\nls",
    'cat <<"EOF"\n$(rm x)\nEOF\nrm x',
    "cat <<E'O'F\n$(rm x)\nEOF\nrm x",
    "cat <<\\EOF\n$(rm x)\nEOF\nrm x",
  ],
  ...[
    "cat <<E\\\nOF\nEOF\nrm x",
    "cat <<EOF\na\\\nEOF\nEOF\nrm x",
    "cat <<EOF\nEO\\\nF\nrm x\nEOF",
    "cat <<'EOF'\na\\\nEOF\nrm x",
    "cat <<$'EOF'\nx\nEOF\nrm x",
  ],
  ...[
    "cat <<''\nx\n\nrm x",
    "cat <<A <<-B\nA\n\tB\nrm x",
    "$(cat <<E\nrm\nE\n) x",
    "cat <<E | xargs rm\nx\nE",
    "cat <<E && rm x\n`rm x`\nE",
    "cat <<E; }\n{\nE\nrm x",
  ],
  ...[
    "for i in a; { rm x; }",
    "for ((;;)) { rm x; break; }",
    "until rm x; do break; done",
    "select i in a; do rm x; break; done <<< 1",
    "if ((1)) then rm x; fi",
    "while :; do rm x; break; done",
  ],
  ...[
    "{ rm x;}",
    "{ls;rm x;}",
    "}rm x",
    "{rm x;}",
    "f()\n{ rm x; }\nf",
    "f() for i in 1; do rm x; done; f",
    "f()((rm x)); f",
    "a=b rm x",
    "a+=b rm x",
    "a= rm x",
    "a=(b) rm x",
    "2>&1 rm x",
    ">y rm x",
    "<x rm x",
    "{fd}>y rm x",
    "3>&1 rm x",
    "&>y rm x",
    "rm>y x",
  ],
  ...[
    'echo "${x:-$(rm x)}"',
    "echo ${x:-`rm x`}",
    "echo ${x:=$(rm x)}",
    "echo ${x+a} ${y-'}'} ; rm x",
    "echo \"${y-'}'}\" ; rm x '",
    "echo ${x//a/$(rm x)}",
    'echo "`echo \\"$(rm x)\\"`"',
  ],
  ...[
    "echo '\\'; rm x",
    "echo $'\\''; rm x; echo '",
    'echo "\\"; rm x; echo "',
    'echo $"a"; rm x',
    "echo \\'; rm x",
    "echo a\\\\; rm x",
    "echo $'a\\\nb'; rm x",
  ],
  ...[
    "[[ a && $(rm x) ]]",
    "[[ -n $(rm x) || a ]]",
    "[ a ] && rm x",
    "[ $(rm x) ]",
    "test a -o $(rm x)",
    "let a=1; rm x",
    "exec 3<x; rm x",
    "wait; rm x",
    "if [[ a =~ (a|b) ]]; then rm x; fi",
    "[[ (a) ]] && rm x",
  ],
];
/** What is put into a line at any place, or instead of the letter there. */
const letters = [
  ..."$`(){}[];&|<>'\"!=#~*?@:\r\n\t \\",
  "\\\n",
  "''",
  '""',
  "$(",
  "<<",
  "((",
  "))",
  ";;",
  "&&",
  "#'",
  "$'",
  '$"',
  "\\\n\\\n",
];

export const { any: hostileLine } = fc.letrec<{ any: string; leaf: string; made: string }>((tie) => ({
  any: fc.oneof({ maxDepth: 4, withCrossShrink: true }, tie("leaf"), tie("made"), tie("made")),
  leaf: fc.oneof(
    fc.constantFrom(...plain),
    fc.constantFrom(...spellings),
    fc.constantFrom(...wrapped),
    fc.constantFrom(...odd),
  ),
  made: fc.oneof(
    fc
      .tuple(tie("any"), fc.constantFrom("&&", "||", ";", "|", "|&", "&", "\n", ";\\\n", " # rm\n"), tie("any"))
      .map(([a, between, b]) => `${a} ${between} ${b}`),
    fc.tuple(fc.constantFrom(...frames()), tie("any"), tie("any")).map(([frame, a, b]) => frame(a, b)),
    fc
      .tuple(tie("any"), fc.nat({ max: 40 }), fc.constantFrom("\\\n", "''", '""', "\\", " ", "\t", "\n"))
      .map(([a, at, extra]) => a.slice(0, at) + extra + a.slice(at)),
    // At any place of any token, and instead of what stands there.
    fc
      .tuple(tie("any"), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(...letters), fc.nat({ max: 3 }))
      .map(([a, place, extra, cut]) => {
        const at = Math.floor(place * a.length);
        return a.slice(0, at) + extra + a.slice(at + (cut === 3 ? 1 : 0));
      }),
    fc.tuple(tie("any"), fc.nat()).map(([a, bits]) => brokenUp(a, bits)),
  ),
}));

/** With a line break escaped here and there. */
function brokenUp(text: string, bits: number): string {
  return [...text].map((letter, at) => (((bits >> (at % 31)) & 7) === 1 ? `\\\n${letter}` : letter)).join("");
}

/** It would change the stubs themselves. */
export const touchesStubs = (text: string): boolean => />[^\n]*\/bin\//.test(text.replaceAll("\\\n", ""));

function frames(): ((a: string, b: string) => string)[] {
  return [
    (a) => `( ${a}\n)`,
    (a) => `{ ${a}\n}`,
    (a, b) => `if ${a}\nthen ${b}\nfi`,
    (a) => `for i in 1; do ${a}\ndone`,
    (a, b) => `while ${a}\ndo ${b}\nbreak; done`,
    (a) => `case x in y) ;; x) ${a}\n;; esac`,
    (a) => `case $(${a}\n) in *) ;; esac`,
    (a) => `echo $(${a}\n)`,
    (a) => `echo "a $(${a}\n) b"`,
    (a) => `echo \`${a.replace(/[`\\$]/g, raw`\$&`)}\``,
    (a) => `X=$(${a}\n)`,
    (a) => `X=$(${a}\n) ls`,
    (a) => `export X=$(${a}\n)`,
    (a) => `echo \${Y:-$(${a}\n)}`,
    (a) => `echo "\${Y:-$(${a}\n)}"`,
    (a) => `echo $((1 + $(${a} >/dev/null\necho 1)))`,
    (a) => `a[$(${a} >/dev/null\n)0]=1`,
    (a) => `X=(a $(${a}\n))`,
    (a) => `[[ -n $(${a}\n) ]]`,
    (a) => `cat <(${a}\n)`,
    (a) => `cat <<EOF\na $(${a}\n)\nEOF\n`,
    (a) => `cat <<'EOF'\n$(${a})\nEOF\n`,
    (a, b) => `cat <<EOF; ${a}\ntext\nEOF\n${b}`,
    (a) => `cat <<< "$(${a}\n)"`,
    (a) => `sh -c ${quoted(a)}`,
    (a) => `bash -c ${inDouble(a)}`,
    (a) => `eval ${quoted(a)}`,
    (a) => `eval ${inDouble(a)}`,
    (a) => `env sh -c ${quoted(a)} x`,
    (a) => `timeout 9 bash -c ${quoted(a)}`,
    (a) => `g() { ${a}\n}; g`,
    (a) => `trap ${quoted(a)} EXIT`,
    (a) => `coproc { ${a}\n}; wait`,
    (a) => `function h { ${a}\n}; h`,
    (a, b) => `case x in x) ${a}\n;& y) ${b}\n;; esac`,
    (a, b) => `case x in x) ${a}\n;;& *) ${b}\n;; esac`,
    (a) => `(${a})`,
    (a) => `((${a}))`,
    (a) => `echo $((${a}))`,
    (a) => `echo $[${a}]`,
    (a) => `echo \`${a}\``,
    (a) => `echo $(${a})`,
    (a) => `echo "${a}"`,
    (a) => `echo \${x:-${a}}`,
    (a) => `{ ${a};}`,
    (a) => `cat <<-EOF\n\t$(${a}\n)\n\tEOF\n`,
    (a) => `cat <<"EOF"\n${a}\nEOF\n`,
    (a) => `cat <<EOF\n${a}\nEOF\n`,
    (a, b) => `cat <<EOF\n${a}\\\nEOF\n${b}\nEOF\n`,
    (a, b) => `cat <<'E' <<-F; ${a}\nE\n\t$(${b}\n)\n\tF\n`,
    (a, b) => `echo $(cat <<E\n${a}\nE\n) ; ${b}`,
    (a) => `a=(${a})`,
    (a) => `[[ ${a} ]]`,
    (a) => `time -p ${a}`,
    (a) => `! ${a}`,
    (a, b) => `${a} # ${b}`,
    (a, b) => `${a} ;# ${b}\n${b}`,
    (a) => `f() ${a}; f`,
    (a, b) => `for i in ${a}\ndo ${b}\ndone`,
    (a, b) => `case ${a} in *) ${b};; esac`,
  ];
}
