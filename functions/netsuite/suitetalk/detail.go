package suitetalk

import (
	"context"
	"slices"
	"strings"
)

// mostDetailed is how many ids one query for details names: four rows of each fill a page.
const mostDetailed = 250

// Details returns the rows that belong to the records with the internal ids, such as the lines of sales
// orders, by the id in the column. query returns the SuiteQL for a list of ids. Ids whose rows fill a page
// are asked for in two halves. Rows of one id that fill a page alone may not be all of them (FillsPage).
func (c *Client) Details(ctx context.Context, ids []string, column string, query func(ids string) string, doing string) (map[string][]Values, error) {
	found := map[string][]Values{}
	for some := range slices.Chunk(ids, mostDetailed) {
		if err := c.addDetails(ctx, found, some, column, query, doing); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (c *Client) addDetails(ctx context.Context, found map[string][]Values, ids []string, column string, query func(ids string) string, doing string) error {
	rows, err := c.Rows(ctx, query(strings.Join(ids, ", ")), doing)
	if err != nil {
		return err
	}
	if half := len(ids) / 2; half > 0 && FillsPage(rows) {
		if err := c.addDetails(ctx, found, ids[:half], column, query, doing); err != nil {
			return err
		}
		return c.addDetails(ctx, found, ids[half:], column, query, doing)
	}
	for _, row := range rows {
		found[row[column]] = append(found[row[column]], row)
	}
	return nil
}

// FillsPage reports whether there may be more rows than these.
func FillsPage(rows []Values) bool { return len(rows) >= QueryRows }
