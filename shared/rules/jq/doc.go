// Package jq is the language of rules: the part of jq that chooses, by github.com/itchyny/gojq.
//
// An expression reads the canonical body as its input, with the names of its JSON, and the
// variables $store, $type, $target and $part (Variables):
//
//	if .shipping.country == "CH" then "4" else null end
//	{"example-brand.myshopify.com": "3"}[$store | split("/")[1]]
//	if ($part.sku // "" | startswith("BUNDLE-")) and $part.quantity.value != "1" then "KIT" else null end
//
// It may use paths, comparisons, and, or, not, //, if, as, try, ?, strings with \(…), objects and
// lists, + and -, and the functions in Functions. There are no definitions, reduce, foreach,
// label, assignments, multiplication or division, no modules, no environment, no input, no
// clock and no output, so that an expression is small and ends. Steps bound it in any case.
//
// # Decision
//
// Three languages were measured in a delivering function of NetSuite (linux/arm64, built with
// the flags of make dist), with a rule over an order of 30 lines:
//
//	                   program    zip        over an order  over 30 lines  compiling
//	gojq 0.12.20       +0.85 MB   +0.30 MB   7.6 µs         35 µs          50 µs, 14 KB
//	cel-go 0.32.0      +12.8 MB   +3.30 MB   4.1 µs         55 µs          235 µs, 57 KB
//	expr 1.17.8        +7.2 MB    +1.65 MB   2.0 µs         7.8 µs         69 µs, 16 KB
//
// A program with nothing else holds 2.3 MB when it starts, with gojq 3.8, with CEL 9.6, with
// expr 4.0. With package rules and its samples the function has 1.18 MB more (13.37 MB, zip
// 4.84 MB), and without them 6 KB of zip. Reading an order of 30 lines into the form that
// expressions read takes longer than a rule, and is done once per message.
//
// All three are maintained and have no input or output of their own. gojq and expr have licenses
// as MIT, CEL Apache-2.0. expr and CEL call methods by reflection, so that the linker keeps every
// exported method of the program.
//
// jq was chosen for its size, and because the operator's command has it already (--jq,
// --where): one language everywhere. A number of the body is kept as it is written, so whole
// numbers of minor units compare exactly; there is no operation that makes an amount, and a
// result that is a number is rejected by package rules. Unlike CEL it has no static types,
// which is why a rule is tried over samples at the start.
package jq
