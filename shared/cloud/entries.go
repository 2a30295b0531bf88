package cloud

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"sync"

	"causeway.example/shared/port"
)

// packed is the first byte of packed entries; a later way of packing takes another.
const packed = 1

// dictionary is what entries have in common, the most frequent last. Entries packed
// with it can be read with it only: it must never change under one first byte.
const dictionary = `"target_status":503,"fingerprint":"","message_redacted":"kind":"unavailable","class":"intermittent","code":"field":"error":{"kind":"rejected","class":"value"` +
	`"notes":[{"field":"","what":""}]"next":"receive_count":1,"redrive_count":0,"outcome":"retries: waits: no retry can help: "stage":"deferred","stage":"dead",` +
	`"stage":"superseded","outcome":"a newer version is confirmed""stage":"skipped","outcome":"duplicate: this event is confirmed already"` +
	`"stage":"received","outcome":"webhook orders/create stored","hashes":{"source":"},"fn":"store-receive","version":"` +
	`"type":"delivery","id":"},"type":"orders/updated","stage":"translated","attempt":1,"outcome":"1 events","took_ns":` +
	`"stage":"published","outcome":"order.changed on the bus","hashes":{"canonical":"},"fn":"store-translate","version":"` +
	`"type":"customer.upserted","type":"inventory.level","type":"shipment.dispatched","type":"order.placed","route":"store-orders-to-erp",` +
	`"stage":"sent","attempt":1,"receive_count":1,"outcome":"createOrder: ","target_ref":"},"fn":"erp-deliver","version":"` +
	`[{"at":"2026-11-22T07:49:50.120Z","trace_id":"","event_id":"","causation_id":"","entity":{"system":"store","tenant":".example","type":"order","id":""},"entity_version":"20261122T074950.000000000Z-0000000000",` +
	`"type":"order.placed","route":"-to-","stage":"confirmed","attempt":1,"receive_count":1,"outcome":"","target_ref":"","took_ns":310,"fn":"-deliver","version":""}]`

// packers are kept for reuse: making one costs more than using it.
var packers = sync.Pool{New: func() any {
	packer, err := flate.NewWriterDict(io.Discard, flate.DefaultCompression, []byte(dictionary))
	if err != nil {
		panic(err) // only a level that does not exist is an error
	}
	return packer
}}

// pack writes entries so small that an item of them costs one write unit: DynamoDB
// charges by the started kilobyte.
func pack(entries []port.Entry) ([]byte, error) {
	text, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, 512))
	out.WriteByte(packed)
	packer := packers.Get().(*flate.Writer)
	defer packers.Put(packer)
	packer.Reset(out)
	if _, err := packer.Write(text); err != nil {
		return nil, err
	}
	if err := packer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unpack reads what pack wrote.
func unpack(data []byte) (entries []port.Entry, err error) {
	if len(data) == 0 || data[0] != packed {
		return nil, errUnknownPacking
	}
	text, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(data[1:]), []byte(dictionary)))
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(text, &entries)
	return entries, err
}
