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
//	to be measured
//
// jq was chosen for its size, and because the operator's command has it already (--jq,
// --where): one language everywhere. A number of the body is kept as it is written, so whole
// numbers of minor units compare exactly; there is no operation that makes an amount, and a
// result that is a number is rejected by package rules. Unlike CEL it has no static types,
// which is why a rule is tried over samples at the start.
package jq
