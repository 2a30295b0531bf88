package goods

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The parts of what is remembered of a product: one with the newest state of each SKU, and one for each list
// of SKUs that were new.
const (
	attribute = "goods"
	states    = "states"
)

// memory is what is remembered of a product.
type memory struct {
	skus   map[string]bool  // that it ever had
	states map[string]state // by SKU
}

// state is what was last published of a SKU.
type state struct {
	Digest string    `json:"d"`           // of the content
	Since  time.Time `json:"s"`           // the content's first updated_at
	Left   bool      `json:"l,omitempty"` // nothing was published: another product of the shop has the SKU
	Over   bool      `json:"o,omitempty"` // it was published until then, and the other product took over
}

func (s *Source) key(shop, product string) message.Key {
	return payload.Key(shop, payload.EntityProduct, product)
}

// recall returns what is remembered of the product. The portion has no version, so that it replaces nothing.
func (s *Source) recall(ctx context.Context, key message.Key) (memory, error) {
	m := memory{skus: map[string]bool{}, states: map[string]state{}}
	parts, err := s.Memory.Gather(ctx, key, attribute, connector.Portion{Name: states})
	if err != nil {
		return m, err
	}
	for name, value := range parts {
		var skus []string
		switch {
		case value == "":
		case name == states:
			err = json.Unmarshal([]byte(value), &m.states)
		default:
			err = json.Unmarshal([]byte(value), &skus)
		}
		if err != nil {
			return m, fault.New(fault.Unknown, fault.Bug, "", "what is remembered of "+key.String()+" cannot be read")
		}
		for _, sku := range skus {
			m.skus[sku] = true
		}
	}
	return m, nil
}

// keep remembers SKUs that are new, and the states as of the version. States that are newer stay.
func (s *Source) keep(ctx context.Context, key message.Key, added []string, changed map[string]state, version message.Sequence) error {
	if len(added) > 0 {
		value, err := json.Marshal(added)
		if err != nil {
			return err
		}
		// The part is named by its first SKU, which is in no other part unless two translators found it at the
		// same time.
		portion := connector.Portion{Name: "sku " + added[0] + " " + digestOf(value), Version: version, Value: string(value)}
		if _, err := s.Memory.Gather(ctx, key, attribute, portion); err != nil {
			return err
		}
	}
	if len(changed) == 0 {
		return nil
	}
	value, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	_, err = s.Memory.Gather(ctx, key, attribute, connector.Portion{Name: states, Version: version, Value: string(value)})
	return err
}

// digestOf is short, because one item of the State has those of 2,000 variants.
func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// contentOf returns the digest of the product without its time.
func contentOf(p *canonical.Product) (string, error) {
	timeless := *p
	timeless.UpdatedAt = time.Time{}
	data, err := canonical.Encode(&timeless)
	return digestOf(data), err
}
