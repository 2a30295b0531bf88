package message_test

import (
	"testing"

	"causeway.example/shared/message"
)

func TestTraceParentIsReadAsTheStandardSays(t *testing.T) {
	t.Parallel()
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	p, ok := message.ParseTraceParent(good)
	if !ok || p.Trace != "0af7651916cd43dd8448eb211c80319c" || p.Span != "b7ad6b7169203331" || !p.Sampled || p.String() != good {
		t.Errorf("read %+v, %v", p, ok)
	}
	if p, ok := message.ParseTraceParent(good[:len(good)-1] + "0"); !ok || p.Sampled {
		t.Errorf("not sampled is read as %+v, %v", p, ok)
	}
	for name, text := range map[string]string{
		"empty":        "",
		"a new line":   good + "\n",
		"upper case":   "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"version ff":   "ff" + good[2:],
		"a longer one": good + "-more",
		"no trace":     "00-00000000000000000000000000000000-b7ad6b7169203331-01",
		"no span":      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		"inner rubble": "00-0af7651916cd43dd84\"}b211c80319c-b7ad6b7169203331-01",
	} {
		if p, ok := message.ParseTraceParent(text); ok {
			t.Errorf("%s is read as %+v", name, p)
		}
	}
}
