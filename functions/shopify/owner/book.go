package owner

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

// Book is the memory of who owns fulfillments.
type Book struct{ Memory connector.CrossRef }

// Parcel is the content of a fulfillment.
type Parcel struct {
	Pieces  map[string]int64 // by the id of the order line
	Numbers []string         // tracking numbers, in any order
}

// The attributes of an order and of a fulfillment.
const (
	announced = "parcels"
	taken     = "parcel/"
	shipment  = "shipment"
	sharers   = "shipments"
)

// The parts of attribute sharers begin so, before the key of a shipment: one that has the fulfillment as its owner
// does, and one that was cancelled. The value is the version of that.
const (
	has  = "has/"
	left = "left/"
)

// withdrawn takes the place of a fulfillment that will not be made.
const withdrawn = "none"

// State is a shipment at a version.
type State struct {
	Key     message.Key
	Version message.Sequence
}

// digest is the same for parcels of the same content.
func (p Parcel) digest() string {
	var parts []string
	for _, line := range slices.Sorted(maps.Keys(p.Pieces)) {
		parts = append(parts, line+"="+strconv.FormatInt(p.Pieces[line], 10))
	}
	parts = append(parts, "tracking")
	for _, number := range p.Numbers {
		parts = append(parts, strings.Join(strings.Fields(number), ""))
	}
	slices.Sort(parts[len(p.Pieces)+1:])
	return message.DeriveID(parts...)
}

// announcement is the name of the parcel of a state of a shipment: of one that is shipped again after it was
// cancelled, the first announcement has ended.
func (p Parcel) announcement(of State) string {
	return p.digest() + "/" + of.Key.String() + "/" + string(of.Version)
}

// Announce records that a fulfillment of the order with this content is to be made for the shipment.
func (b Book) Announce(ctx context.Context, order message.Key, of State, p Parcel) error {
	_, err := b.Memory.Gather(ctx, order, announced, connector.Portion{Name: p.announcement(of), Value: of.Key.String()})
	return err
}

// Made records that the fulfillment is the one that was announced for the shipment.
func (b Book) Made(ctx context.Context, order, fulfillment message.Key, of State, p Parcel) error {
	_, err := b.Memory.Bind(ctx, order, taken+p.announcement(of), fulfillment.ID)
	return err
}

// Withdraw ends the announcements for the shipment of which no fulfillment was made: it was cancelled.
func (b Book) Withdraw(ctx context.Context, order, of message.Key) error {
	all, err := b.Memory.Gather(ctx, order, announced, connector.Portion{Name: "read"})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != of.String() {
			continue
		}
		if _, err := b.Memory.Bind(ctx, order, taken+name, withdrawn); err != nil {
			return err
		}
	}
	return nil
}

// Bind records whose the fulfillment is, unless that is recorded, and reports whether it is this shipment's.
func (b Book) Bind(ctx context.Context, fulfillment, of message.Key) (bool, error) {
	owner, err := b.Memory.Bind(ctx, fulfillment, shipment, of.String())
	return owner == of.String(), err
}

// Share records that the fulfillment is this shipment's parcel: as well as its owner's, or again, after it was cancelled.
func (b Book) Share(ctx context.Context, fulfillment message.Key, of State) error {
	_, err := b.Memory.Gather(ctx, fulfillment, sharers, connector.Portion{Name: has + of.Key.String(), Version: of.Version, Value: string(of.Version)})
	return err
}

// Leave records that the shipment, which was cancelled, does not have the fulfillment any more, and reports
// whether another one has it.
func (b Book) Leave(ctx context.Context, fulfillment message.Key, of State) (stays bool, err error) {
	owner, err := b.Memory.Bind(ctx, fulfillment, shipment, of.Key.String())
	if err != nil {
		return false, err
	}
	all, err := b.Memory.Gather(ctx, fulfillment, sharers, connector.Portion{Name: left + of.Key.String(), Version: of.Version, Value: string(of.Version)})
	if err != nil {
		return false, err
	}
	if _, known := all[has+owner]; !known {
		all[has+owner] = ""
	}
	for name, since := range all {
		if sharer, its := strings.CutPrefix(name, has); its {
			cancelled, known := all[left+sharer]
			stays = stays || !known || since > cancelled
		}
	}
	return stays, nil
}

// Owner returns the key of the shipment that the fulfillment is of: the one it was announced or recorded
// for, or its own.
func (b Book) Owner(ctx context.Context, order, fulfillment, own message.Key, p Parcel) (string, error) {
	all, err := b.Memory.Gather(ctx, order, announced, connector.Portion{Name: "read"})
	if err != nil {
		return "", err
	}
	owner := own.String()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(name, p.digest()+"/") {
			continue
		}
		by, err := b.Memory.Bind(ctx, order, taken+name, fulfillment.ID)
		if err != nil {
			return "", err
		}
		if by == fulfillment.ID {
			owner = all[name]
			break
		}
	}
	return b.Memory.Bind(ctx, fulfillment, shipment, owner)
}
