"""The texts of the sandbox's files as they stand after its pull request, one a language."""

from __future__ import annotations

TYPESCRIPT = (
    """\
export interface Rule {
  readonly divisor: number;
  readonly word: string;
}

export const RULES: readonly Rule[] = [
  { divisor: 15, word: "FizzBuzz" },
  { divisor: 3, word: "Fizz" },
  { divisor: 5, word: "Buzz" },
];

export function say(n: number): string {
  const rule = RULES.find(({ divisor }) => n % divisor === 0);
  return rule?.word ?? `${n}`;
}

"""
    + "\n".join(f"export const answer{n} = say({n});" for n in range(1, 31))
    + """

/** Plays one round of FizzBuzz. */
export class FizzBuzzGame {
  constructor(private readonly limit: number = 100) {}

  *[Symbol.iterator](): Generator<string> {
    for (let n = 1; n <= this.limit; n += 1) yield say(n);
  }
}
"""
)

GO = """\
package main

import "fmt"

// FizzBuzz says one number.
func FizzBuzz(n int) string {
\tswitch {
\tcase n%15 == 0:
\t\treturn "FizzBuzz"
\tcase n%3 == 0:
\t\treturn "Fizz"
\tcase n%5 == 0:
\t\treturn "Buzz"
\tdefault:
\t\treturn fmt.Sprint(n)
\t}
}

func main() {
\tfor n := 1; n <= 100; n++ {
\t\tfmt.Println(FizzBuzz(n))
\t}
}
"""

RUST = """\
//! FizzBuzz as an iterator.

pub struct FizzBuzz {
    next: u32,
    last: u32,
}

impl FizzBuzz {
    pub fn up_to(last: u32) -> Self {
        Self { next: 1, last }
    }
}

impl Iterator for FizzBuzz {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.next > self.last {
            return None;
        }
        let n = self.next;
        self.next += 1;
        Some(match (n % 3, n % 5) {
            (0, 0) => "FizzBuzz".to_owned(),
            (0, _) => "Fizz".to_owned(),
            (_, 0) => "Buzz".to_owned(),
            _ => n.to_string(),
        })
    }
}
"""

JAVA = """\
package game;

import java.util.stream.IntStream;

/** The rules of FizzBuzz. */
public final class Rules {
    private Rules() {}

    public static String say(int n) {
        if (n % 15 == 0) return "FizzBuzz";
        if (n % 3 == 0) return "Fizz";
        return n % 5 == 0 ? "Buzz" : Integer.toString(n);
    }

    public static void main(String[] args) {
        IntStream.rangeClosed(1, 100).mapToObj(Rules::say).forEach(System.out::println);
    }
}
"""

MARKDOWN = """\
# Playing FizzBuzz

Count from 1 to 100. Say `FizzBuzz` for what 15 divides.

```python
print("FizzBuzz")  # 15
```

A fence inside a fence:

````markdown
```text
FizzBuzz
```
````

~~~sh
fizz --until 100   # ends with Buzz
~~~

## History

""" + "".join(f"{n}. Round {n} was played.\n" for n in range(1, 21))

YAML = """\
# Settings of the FizzBuzz service
name: FizzBuzz
limit: 100
rules:
  - divisor: 15
    word: "FizzBuzz"
  - divisor: 3
    word: Fizz
greeting: |
  Welcome to FizzBuzz.
    Count with us.
"""

JSON = """\
{
  "title": "FizzBuzz",
  "cases": [
    { "n": 3, "says": "Fizz" },
    { "n": 5, "says": "Buzz" },
    { "n": 15, "says": "FizzBuzz" },
    { "n": 30, "says": "FizzBuzz" }
  ]
}
"""

CSHARP = """\
using System;

static class Program
{
    // FizzBuzz for the console
    static string Say(int n) => (n % 3, n % 5) switch
    {
        (0, 0) => "FizzBuzz",
        (0, _) => "Fizz",
        (_, 0) => "Buzz",
        _ => n.ToString(),
    };

    static void Main()
    {
        for (var n = 1; n <= 100; n++) Console.WriteLine(Say(n));
    }
}
""".replace("\n", "\r\n")

_SAMPLES = (
    "Line {n}: plain Latin text, naïve café façade",
    "第{n}行、汉字、ひらがな、한국어",
    "\tindented with a tab {n}\tand one inside",
    "emoji {n} \N{GAME DIE} \N{ADULT}\N{ZERO WIDTH JOINER}\N{ROCKET} e\N{COMBINING ACUTE ACCENT}",
    "trailing blanks {n}   ",
    "trailing tab {n}\t",
    "    four blanks, then {n}",
    "",
)


def mixed() -> str:
    """400 lines of many scripts; every 50th, and three in the changed part, say FizzBuzz."""
    lines = [_SAMPLES[n % len(_SAMPLES)].format(n=n) for n in range(1, 401)]
    for n in (50, 100, 150, 200, 201, 203, 250, 300, 350, 400):
        lines[n - 1] = f"{n}: FizzBuzz 双 🎉 \t"
    lines[201] = "changed by the pull request"
    return "\n".join(lines) + "\n"
