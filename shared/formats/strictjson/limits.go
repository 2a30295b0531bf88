package strictjson

import "cmp"

// Limits bounds what a Reader accepts. A field that is zero or negative stands
// for its default.
type Limits struct {
	Bytes    int // size of the input; default 24 MiB; an order of 10,000 lines takes 11 to 16
	Depth    int // objects and arrays open at once; default 64
	Elements int // elements of one array, and members of all open objects together; default 50,000
	Number   int // characters of a number; default 40, the longest decimal of .NET takes 31
	Exponent int // magnitude of a number's exponent; default 99
}

var defaults = Limits{Bytes: 24 << 20, Depth: 64, Elements: 50_000, Number: 40, Exponent: 99}

func (l Limits) orDefaults() Limits {
	return Limits{
		Bytes:    cmp.Or(max(l.Bytes, 0), defaults.Bytes),
		Depth:    cmp.Or(max(l.Depth, 0), defaults.Depth),
		Elements: cmp.Or(max(l.Elements, 0), defaults.Elements),
		Number:   cmp.Or(max(l.Number, 0), defaults.Number),
		Exponent: cmp.Or(max(l.Exponent, 0), defaults.Exponent),
	}
}
